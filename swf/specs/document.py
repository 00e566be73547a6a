"""Documents: workflows read from a file in JSON or YAML, checked as a whole."""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, overload

import attrs

from swf import documents, wire
from swf.checks import meant
from swf.exceptions import SpecError, ValidationError
from swf.specs import base, checking
from swf.specs.base import Problem, Registration, Spec
from swf.specs.inputs import Place

# What a workflow says of these is a value, whatever its type.
_VALUES = frozenset({"value", "default", "equals", "not_equals", "in"})

# Aliases of YAML can make much of a short text.
MOST_VALUES = 1_000_000


@attrs.frozen
class Document:
    """The workflows of a file.

    Attributes:
        name: The file, as it is called in messages.
        specs: The workflows, in the order of the file.
        lines: The line of each task, by the name and the version of its workflow and its id; only of YAML.
    """

    name: str
    specs: tuple[Spec, ...]
    lines: Mapping[tuple[str, str, str], int] = attrs.field(factory=dict, eq=False, repr=False)

    @overload
    def spec(self, name: str) -> Spec: ...

    @overload
    def spec(self, name: str, version: str) -> Spec: ...

    def spec(self, name: str, version: str | None = None) -> Spec:
        """Give a workflow: of the version, or of the only one that there is.

        Raises:
            SpecError: There is none, or there are several.
        """
        named = [spec for spec in self.specs if spec.name == name]
        found = [spec for spec in named if version in (None, spec.version)]
        if len(found) == 1:
            return found[0]
        if found:
            versions = ", ".join(spec.version for spec in found)
            raise SpecError(f"{self.name} has several versions of the workflow {name!r}: {versions}. Say which.")
        if named:
            versions = ", ".join(spec.version for spec in named)
            raise SpecError(f"{self.name} has no version {version!r} of the workflow {name!r}, but {versions}.")
        names = list(dict.fromkeys(spec.name for spec in self.specs))
        raise SpecError(f"{self.name} has no workflow {name!r}. {meant(name, names)}It has: {', '.join(names)}.")

    def __iter__(self) -> Iterator[Spec]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    @classmethod
    def read(cls, found: documents.Document) -> Self:
        """Read what a file holds.

        Raises:
            SpecError: Something is wrong; names each place.
        """
        try:
            _refuse_unreadable(found)
            data = _with_texts(_plain(found.data), found, ())
            wrong = _wrong_form(data)
            wrong += _problems(data, {problem.place for problem in wrong})
            if not wrong:
                return cls(found.name, tuple(_specs(data)), dict(_lines(data, found)))
        except RecursionError:
            raise SpecError(
                f"{found.name} has values within values too deep to be read. Write it as documented."
            ) from None
        raise _refused(found, wrong)


def load(path: str | Path) -> Document:
    """Read the workflows of a file, by its suffix: ``.json``, ``.yaml`` or ``.yml``.

    Raises:
        SpecError: The file cannot be read, or something in it is wrong; names each place.
        MissingExtraError: It needs the extra ``specs``, or ``yaml``.
    """
    return Document.read(documents.read(Path(path), SpecError))


def loads(text: str, form: str = "json", *, name: str = "document") -> Document:
    """Read workflows from text.

    >>> document = loads('''
    ... version: "1.0"
    ... workflows:
    ...   - spec_type: dag
    ...     name: spam
    ...     version: "1.0"
    ...     tasks:
    ...       - id: foo
    ...         type: {name: spam-foo, version: "0.3"}
    ... ''', "yaml")
    >>> list(document.spec("spam").tasks)
    ['foo']

    Args:
        text: The text.
        form: ``json`` or ``yaml``.
        name: What it is called in messages.

    Raises:
        SpecError: Something in it is wrong; names each place.
        MissingExtraError: It needs the extra ``specs``, or ``yaml``.
    """
    if form not in documents.FORMATS:
        raise ValidationError(f"{form!r} is no format of documents. There are: {', '.join(documents.FORMATS)}.")
    return Document.read(documents.parse(name, text, form, SpecError))


def _refuse_unreadable(found: documents.Document) -> None:
    if found.data is None:
        raise SpecError(f"{found.name} is empty. Write a version and workflows into it.")
    if _size(found.data, {}) > MOST_VALUES:
        raise SpecError(
            f"{found.name} has more than {MOST_VALUES:,} values, once all that aliases stand for is written out. Have "
            "fewer."
        )


def _size(value: Any, known: dict[int, int]) -> int:
    """Give how many values there are in a value, each counted as often as aliases name it."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        held = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(each, known) for each in held)
    return known[id(value)]


def _plain(value: Any) -> Any:
    """Give a value as JSON has it: what is a decimal number there is a float here."""
    match value:
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case Decimal():
            return float(value)
        case _:
            return value


def _wrong_form(data: Any) -> list[Problem]:
    strange = list(_not_json(data, ()))
    places = {problem.place for problem in strange}
    return [*strange, *(problem for problem in checking.problems(data) if problem.place not in places)]


def _not_json(data: Any, place: Place) -> Iterator[Problem]:
    """Give the values that JSON does not have: YAML and TOML have dates."""
    match data:
        case dict():
            for key, each in data.items():
                yield from _not_json(each, (*place, key))
        case list():
            for index, each in enumerate(data):
                yield from _not_json(each, (*place, index))
        case float() if not math.isfinite(data):
            yield Problem(place, f"{data} is no number that JSON has. Write another one.")
        case None | str() | bool() | int() | float():
            return
        case _:
            yield Problem(place, f"is a {type(data).__name__}, which JSON does not have. Write it in quotes.")


def _with_texts(data: Any, found: documents.Document, place: Place) -> Any:
    """Give versions as they are written, should they stand there as numbers: 1.10 is no 1.1."""
    match data:
        case dict():
            return {
                key: each if key in _VALUES else _version_or(each, found, (*place, key)) for key, each in data.items()
            }
        case list():
            return [_with_texts(each, found, (*place, index)) for index, each in enumerate(data)]
        case _:
            return data


def _version_or(data: Any, found: documents.Document, place: Place) -> Any:
    is_number = isinstance(data, int | float) and not isinstance(data, bool)
    if place[-1] != "version" or not is_number:
        return _with_texts(data, found, place)
    written = found.spot(place).text
    return str(_at(found.data, place)) if written is None else written


def _at(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


# What the schema cannot tell


def _problems(data: Any, told: Collection[Place]) -> Iterator[Problem]:
    """Give what is wrong with workflows beside their form, of which it was told in which places it is wrong."""
    listed = data.get("workflows") if isinstance(data, dict) else None
    spoilt: dict[Place, list[Place]] = {}
    for place in told:
        spoilt.setdefault(place[:2], []).append(place[2:])
    workflows = {
        ("workflows", index): workflow
        for index, workflow in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(workflow, dict)
    }
    yield from _problems_of_heads({place: each for place, each in workflows.items() if place not in spoilt})
    for place, workflow in workflows.items():
        yield from _problems_of_kind(workflow, place, spoilt.get(place, []))


def _problems_of_heads(workflows: Mapping[Place, Mapping[str, Any]]) -> Iterator[Problem]:
    names = Counter((workflow["name"], workflow["version"]) for workflow in workflows.values())
    for place, workflow in workflows.items():
        name, version = workflow["name"], workflow["version"]
        try:
            wire.check(_registration(workflow).workflow_type("any", name, version), registering=True)
        except ValidationError as error:
            yield Problem(place, str(error))
        if names[name, version] > 1:
            yield Problem(place, f"the workflow {name!r} has the version {version!r} twice. Give one another version.")
        if {"registration", "registration_defaults"} <= workflow.keys():
            yield Problem(place, "has registration and registration_defaults, which are the same. Keep registration.")


def _problems_of_kind(workflow: Mapping[str, Any], place: Place, spoilt: Collection[Place]) -> Iterator[Problem]:
    asked = workflow.get("spec_type")
    if not isinstance(asked, str) or not asked:
        return
    kind = base.kind(asked)
    if kind is None:
        known = base.kinds()
        said = f"there is no spec_type {asked!r}. {meant(asked, known)}There are: {', '.join(known)}."
        yield Problem((*place, "spec_type"), said)
        return
    sound = kind.sound(workflow, spoilt) if spoilt else workflow
    for problem in () if sound is None else kind.check(sound):
        yield Problem((*place, *problem.place), problem.said)


def _specs(data: Mapping[str, Any]) -> Iterator[Spec]:
    for workflow in data["workflows"]:
        kind = base.kind(workflow["spec_type"])
        assert kind is not None
        yield kind.read(
            workflow,
            name=workflow["name"],
            version=workflow["version"],
            description=workflow.get("description"),
            registration=_registration(workflow),
        )


def _lines(data: Mapping[str, Any], found: documents.Document) -> Iterator[tuple[tuple[str, str, str], int]]:
    for place, workflow in enumerate(data["workflows"]):
        # What a workflow has beside its head is for its type to say.
        tasks = workflow.get("tasks")
        for index, task in enumerate(tasks if isinstance(tasks, list) else ()):
            id = task.get("id") if isinstance(task, dict) else None
            line = found.spot(("workflows", place, "tasks", index)).line
            if isinstance(id, str) and line is not None:
                yield (workflow["name"], workflow["version"], id), line


def _registration(workflow: Mapping[str, Any]) -> Registration:
    return Registration(**workflow.get("registration", workflow.get("registration_defaults", {})))


# Messages


def _refused(found: documents.Document, wrong: list[Problem]) -> SpecError:
    told = tuple(_told(found, problem) for problem in wrong)
    head = f"{found.name}: " if len(told) == 1 else f"{found.name} has {len(told)} mistakes:\n"
    return SpecError(head + "\n".join(told), told)


def _told(found: documents.Document, problem: Problem) -> str:
    line = found.spot(problem.place).line if problem.place else None
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem.place).removeprefix(".")
    where = f"{where} (line {line})" if line else where
    return f"{where}: {problem.said}" if where else problem.said
