"""Documents held against the schema: each thing that is wrong, in a sentence."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import attrs

from swf import wire
from swf.checks import meant
from swf.exceptions import MissingExtraError
from swf.specs.base import Problem

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_KINDS: Final[Mapping[str, str]] = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def problems(data: Any) -> Iterator[Problem]:
    """Give what the schema finds wrong in a document, in the order of the document, each thing once.

    Raises:
        MissingExtraError: The package is missing.
    """
    found = sorted(_validator().iter_errors(data), key=lambda error: _order(error.absolute_path))
    told = [problem for error in found for problem in _told(error)]
    yield from dict.fromkeys(told)


def _order(place: Iterable[str | int]) -> list[tuple[int, str]]:
    """Give what puts places in order: items of a list by their numbers, members by their names."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in place]


@functools.cache
def schema() -> dict[str, Any]:
    """Give the JSON schema of documents."""
    held: dict[str, Any] = json.loads(files("swf.specs").joinpath("schema.json").read_text(encoding="utf-8"))
    return held


@functools.cache
def _validator() -> "Validator":
    try:
        from jsonschema import Draft7Validator, validators
    except ModuleNotFoundError:
        raise MissingExtraError("Workflows from documents", "specs") from None
    # SWF takes 5 for a whole number, and not 5.0.
    types = Draft7Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    validator: Validator = validators.extend(Draft7Validator, type_checker=types)(schema())  # type: ignore[no-untyped-call]
    return validator


def _is_whole(checker: object, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@attrs.frozen
class _Fault:
    """What a rule of the schema finds wrong.

    Attributes:
        asked: What the rule says.
        value: What breaks it.
        schema: The part of the schema that has the rule.
        member: What the rule is about.
        message: The validator's own words.
    """

    asked: Any
    value: Any
    schema: Any
    member: str
    message: str


def _told(error: "ValidationError") -> Iterator[Problem]:
    place = tuple(error.absolute_path)
    member = str(error.schema_path[-2]) if len(error.schema_path) > 1 else ""
    fault = _Fault(error.validator_value, error.instance, error.schema, member, error.message)
    yield from (Problem(place, said) for said in _SENTENCES.get(str(error.validator), _as_it_is)(fault))


def _as_it_is(fault: _Fault) -> Iterator[str]:
    yield f"{fault.message}."


def _missing(fault: _Fault) -> Iterator[str]:
    names = [name for name in fault.asked if name not in fault.value]
    yield f"{_listed(names)} {'is' if len(names) == 1 else 'are'} missing."


def _unknown(fault: _Fault) -> Iterator[str]:
    known = fault.schema["properties"]
    for name in fault.value:
        if name not in known:
            yield f"there is no member {name!r} here. {meant(name, known)}There are: {', '.join(known)}."


def _wrong_type(fault: _Fault) -> Iterator[str]:
    asked = fault.asked
    wanted = " or ".join(_KINDS[each] for each in (asked if isinstance(asked, list) else [asked]))
    yield f"must be {wanted}, not {_shown(fault.value)}."


def _wrong_word(fault: _Fault) -> Iterator[str]:
    words = fault.asked
    yield f"must be one of {', '.join(words)}, not {_shown(fault.value)}. {meant(fault.value, words)}".rstrip()


def _empty(fault: _Fault) -> Iterator[str]:
    # All that the schema asks for is that there is something.
    yield f"is {'an empty list' if isinstance(fault.value, list) else 'an empty text'}. Put something in it."


def _too_long(fault: _Fault) -> Iterator[str]:
    yield f"has {len(fault.value):,} characters, and may have {fault.asked:,} at most."


def _too_small(fault: _Fault) -> Iterator[str]:
    yield f"must be at least {fault.asked}, not {fault.value}."


def _too_great(fault: _Fault) -> Iterator[str]:
    yield f"must be at most {fault.asked}, not {fault.value}."


def _twice(fault: _Fault) -> Iterator[str]:
    twice = next(each for index, each in enumerate(fault.value) if each in fault.value[:index])
    yield f"has {_shown(twice)} twice. Keep one of them."


def _pattern(fault: _Fault) -> Iterator[str]:
    yield f"{fault.value!r} is no version of this format that is known here. Write 1.0."


def _any_of(fault: _Fault) -> Iterator[str]:
    others = _needs(fault.asked)
    if others:
        yield f"{fault.member!r} is there for what has {_listed(others, 'or')}."
    else:
        yield f"must be whole seconds from 0 to 99,999,999, or NONE, not {_shown(fault.value)}."


def _one_of(fault: _Fault) -> Iterator[str]:
    names = _needs(fault.asked)
    there = [name for name in names if name in fault.value]
    if there:
        yield f"has {_listed(there)}, and may have only one of them."
    else:
        yield f"must have one of {', '.join(names)}."


def _depends(fault: _Fault) -> Iterator[str]:
    for name, needed in fault.asked.items():
        if name in fault.value and isinstance(needed, list) and not set(needed) <= set(fault.value):
            yield f"{name!r} is there for what has {_listed(needed)}."


def _needs(alternatives: Any) -> list[str]:
    return [name for each in alternatives for name in each.get("required", ())]


def _listed(names: list[str], word: str = "and") -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case None | bool():
            return json.dumps(value)
        case _:
            return str(wire.shown(value))


_SENTENCES: Final[Mapping[str, Callable[[_Fault], Iterator[str]]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "propertyNames": _wrong_word,
    "type": _wrong_type,
    "enum": _wrong_word,
    "minItems": _empty,
    "minLength": _empty,
    "maxLength": _too_long,
    "minimum": _too_small,
    "maximum": _too_great,
    "uniqueItems": _twice,
    "pattern": _pattern,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "dependencies": _depends,
}
