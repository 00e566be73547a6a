"""Where the values of a document come from: constants, the execution's input, results, or several of these."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from swf import payload, wire
from swf.exceptions import SpecInputError
from swf.specs.paths import NOTHING, ROOT, find

# What SWF takes as an input or a result, in characters.
# https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ScheduleActivityTaskDecisionAttributes.html
LONGEST = 32_768

Place = tuple[str | int, ...]


@attrs.frozen
class NoInput:
    """Nothing at all."""


@attrs.frozen
class Constant:
    """A value that the document has."""

    value: Any


@attrs.frozen
class WorkflowInput:
    """Something of what the execution was started with."""

    path: str = ROOT
    default: Any = NOTHING


@attrs.frozen
class DependencyResult:
    """Something of the result of a task that is done before."""

    id: str
    path: str = ROOT
    default: Any = NOTHING


@attrs.frozen
class Item:
    """Something of the item that a task of ``for_each`` is about."""

    path: str = ROOT
    default: Any = NOTHING


@attrs.frozen
class Object:
    """An object of several such values; one of nothing is left out."""

    items: Mapping[str, "Input"]


Input = NoInput | Constant | WorkflowInput | DependencyResult | Item | Object

_KINDS: Final[Mapping[str, type[WorkflowInput | DependencyResult | Item]]] = {
    "workflow-input": WorkflowInput,
    "dependency-result": DependencyResult,
    "item": Item,
}


@attrs.frozen
class Sources:
    """What inputs are taken from.

    Attributes:
        workflow_input: What the execution was started with; `NOTHING` if that was no input.
        result_of: Gives the result of a task; `NOTHING` if it has none.
        item: The item, if the task is done for each of several.
    """

    workflow_input: Any
    result_of: Callable[[str], Any]
    item: Any = NOTHING


def read(data: Mapping[str, Any]) -> Input:
    """Read an input as a document has it; its form has been checked."""
    kind = data["type"]
    if kind == "none":
        return NoInput()
    if kind == "constant":
        return Constant(data["value"])
    if kind == "object":
        return Object({key: read(each) for key, each in data["items"].items()})
    return _KINDS[kind](**{key: each for key, each in data.items() if key != "type"})


def read_or(data: Mapping[str, Any] | None, default: Input) -> Input:
    """Read an input that a document may leave out."""
    return default if data is None else read(data)


def reads(data: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Give the inputs that read something, also those within objects, each with its place."""
    if data["type"] == "object":
        for key, each in data["items"].items():
            yield from reads(each, (*place, "items", key))
    elif data["type"] in _KINDS:
        yield place, data


def value_of(asked: Input, sources: Sources) -> Any:
    """Give the value of an input, or `NOTHING`.

    >>> value_of(WorkflowInput("$.id"), Sources({"id": 7}, lambda id: NOTHING))
    7

    Raises:
        SpecInputError: A path finds nothing, and there is no default.
    """
    match asked:
        case NoInput():
            return NOTHING
        case Constant(value):
            return value
        case Object(items):
            values = {key: value_of(each, sources) for key, each in items.items()}
            return {key: value for key, value in values.items() if value is not NOTHING}
    source = _source(asked, sources)
    found = find(asked.path, source)
    if found is not NOTHING:
        return found
    if asked.default is not NOTHING:
        return asked.default
    raise SpecInputError(_missing(asked, source))


def text_of(value: Any) -> str | None:
    """Give the JSON that is sent for a value: a text in quotes too, so that it is read as what it is.

    Raises:
        SpecInputError: It is longer than SWF takes.
        ValidationError: The codec cannot write it.
    """
    if value is NOTHING:
        return None
    codec = payload.codec()
    text = _json(value) if isinstance(codec, payload.JSONCodec) else codec.encode(value)
    if len(text) > LONGEST:
        raise SpecInputError(
            f"is to be sent {len(text):,} characters of JSON, and SWF takes {LONGEST:,}. Keep the data elsewhere, and "
            "send where it is."
        )
    return text


def _json(value: Any) -> str:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair can be sent as an escape only.
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecInputError(f"is to be sent what cannot be written as JSON: {error}. Send something else.") from None
    return text


def _source(asked: WorkflowInput | DependencyResult | Item, sources: Sources) -> Any:
    if isinstance(asked, DependencyResult):
        return sources.result_of(asked.id)
    return sources.workflow_input if isinstance(asked, WorkflowInput) else sources.item


def _missing(asked: WorkflowInput | DependencyResult | Item, source: Any) -> str:
    match asked:
        case WorkflowInput():
            what, absent = "the execution's input", "the execution was started without one"
        case DependencyResult(id):
            what, absent = f"the result of the task {id!r}", "it has none"
        case _:
            what, absent = "the item", "there is none"
    if source is NOTHING:
        return f"reads {asked.path} of {what}, and {absent}. Give it one, or the path a default."
    kind = ", which is a text and no JSON" if isinstance(source, str) else ""
    return f"reads {asked.path} of {what}{kind}, and finds nothing in {wire.shown(source)}. Give the path a default."
