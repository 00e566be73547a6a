"""A request against AWS's own description of its operation, and against SWF's rules for names and numbers.

All that is wrong is told in one ``ValidationException``, worded as the service words it. A member of another JSON
type than described is a ``SerializationException``. Null members are absent, unknown ones are ignored.
"""

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape

from swf import shapes
from swf.engine.protocol import Fault, invalid
from swf.models.decision import DECISIONS
from swf.models.decision.base import attributes_key

Check = Callable[[Any, str, list[str]], Any]

# The service lists these in an order of its own.
_ENUM_ORDER: dict[str, Sequence[str]] = {
    "DecisionType": (
        "CompleteWorkflowExecution",
        "StartTimer",
        "RequestCancelExternalWorkflowExecution",
        "SignalExternalWorkflowExecution",
        "CancelTimer",
        "RecordMarker",
        "ScheduleActivityTask",
        "ContinueAsNewWorkflowExecution",
        "ScheduleLambdaFunction",
        "FailWorkflowExecution",
        "RequestCancelActivityTask",
        "StartChildWorkflowExecution",
        "CancelWorkflowExecution",
    ),
    "ChildPolicy": ("TERMINATE", "REQUEST_CANCEL", "ABANDON"),
}

_SHAPES: dict[str, shapes.Shape] = {
    shape.name: shape
    for alias in vars(shapes).values()
    for shape in getattr(alias, "__metadata__", ())
    if isinstance(shape, shapes.Shape)
}


@functools.cache
def service_model() -> ServiceModel:
    """Give AWS's description of SWF, as botocore ships it."""
    return ServiceModel(Loader().load_service_model("swf", "service-2"), "swf")


def checked(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Give what the request says in the terms of its operation.

    Raises:
        Fault: ``ValidationException`` naming all that is wrong, or ``SerializationException``.
    """
    found: list[str] = []
    clean: dict[str, Any] = _operation_check(operation)(request, "", found)
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise invalid(f"{len(found)} validation {noun} detected: {'; '.join(found)}")
    return clean


@functools.cache
def _operation_check(operation: str) -> Check:
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None, f"every operation of SWF takes an input, {operation} too"
    return _check_of(shape)


def _check_of(shape: Shape) -> Check:
    if isinstance(shape, StructureShape):
        return _decision(shape) if shape.name == "Decision" else _structure(shape)
    if isinstance(shape, ListShape):
        return _list(shape)
    if isinstance(shape, StringShape):
        return _string(shape)
    if shape.type_name == "boolean":
        return _typed(bool)
    if shape.type_name == "timestamp":
        return _timestamp
    return _number(shape)


def _structure(shape: StructureShape) -> Check:
    required = frozenset(shape.required_members)
    checks = {name: _member(shape, member) for name, member in shape.members.items()}

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, dict, path)
        prefix = f"{path}." if path else ""
        clean = {}
        for name, member in checks.items():
            held = value.get(name)
            if held is not None:
                clean[name] = member(held, prefix + name, found)
            elif name in required:
                found.append(f"Value null at '{prefix}{name}' failed to satisfy constraint: Member must not be null")
        return clean

    return check


def _member(owner: StructureShape, member: Shape) -> Check:
    # The name of a task list is a plain name to AWS's description, and keeps a rule of its own.
    return _string(member, rule_of="TaskList") if owner.name == "TaskList" else _check_of(member)


def _decision(shape: StructureShape) -> Check:
    """Check a decision; when the attributes of its kind are missing, all that they must hold is."""
    check_members = _structure(shape)

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, dict, path)
        kind = value.get("decisionType")
        if isinstance(kind, str) and kind in DECISIONS:
            key = attributes_key(kind)
            value = value if value.get(key) is not None else {**value, key: {}}
        return check_members(value, path, found)

    return check


def _list(shape: ListShape) -> Check:
    member = _check_of(shape.member)
    limits = _limits(shape, "length")

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, list, path)
        held = [item for item in value if item is not None]
        found.extend(_broken(held, len(held), path, limits))
        return [member(item, f"{path}.{place}.member", found) for place, item in enumerate(held, start=1)]

    return check


def _string(shape: Shape, *, rule_of: str | None = None) -> Check:
    assert isinstance(shape, StringShape), f"{shape.name} is a text"
    limits = _limits(shape, "length")
    words = _ENUM_ORDER.get(shape.name, shape.enum)
    rule = _rule(rule_of or shape.name)

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, str, path)
        problems = _broken(value, len(value), path, limits)
        if words and value not in words:
            problems.append(_item(value, path, f"Member must satisfy enum value set: [{', '.join(words)}]"))
        if not problems and (problem := rule(value)):
            problems.append(_item(value, path, f"Member {problem}"))
        found.extend(problems)
        return value

    return check


Rule = Callable[[str], str | None]


def _rule(name: str) -> Rule:
    """Give what tells which of SWF's rules beyond its published description a text of a shape breaks."""
    ours = _SHAPES.get(name)
    if isinstance(ours, shapes.NumberText):
        return functools.partial(_number_rule_broken, ours)
    if isinstance(ours, shapes.NameText):
        return ours.problem
    return _follows


def _follows(value: str) -> None:
    """Find nothing wrong: AWS's description says all there is to say about this text."""


# Python reads more as a number than SWF does: spaces, underscores, the digits of other scripts.
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")


def _number_rule_broken(ours: shapes.NumberText, value: str) -> str | None:
    if not value or (value == shapes.NONE and isinstance(ours, shapes.Duration)):
        return None
    if not _WHOLE_NUMBER.fullmatch(value):
        return "must be a whole number" + (" or NONE" if isinstance(ours, shapes.Duration) else "")
    return ours.problem(ours.read(value))


def _number(shape: Shape) -> Check:
    limits = _limits(shape, "value")

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, int, path)
        found.extend(_broken(value, value, path, limits))
        return value

    return check


def _typed(kind: type | tuple[type, ...]) -> Check:
    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, kind, path)
        return value

    return check


def _timestamp(value: Any, path: str, found: list[str]) -> Any:
    _require_type(value, (int, float), path)
    if not math.isfinite(value):
        raise Fault("SerializationException", f"{path} is no time: {value}")
    return value


Limits = tuple[int | None, int | None, str]


def _limits(shape: Shape, measure: str) -> Limits:
    return shape.metadata.get("min"), shape.metadata.get("max"), measure


def _broken(value: Any, size: int, path: str, limits: Limits) -> list[str]:
    least, most, measure = limits
    if most is not None and size > most:
        return [_item(value, path, f"Member must have {measure} less than or equal to {most}")]
    if least is not None and size < least:
        return [_item(value, path, f"Member must have {measure} greater than or equal to {least}")]
    return []


def _item(value: Any, path: str, constraint: str) -> str:
    shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"


def _require_type(value: Any, kind: type | tuple[type, ...], path: str) -> None:
    # A bool is an int to Python, not to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Fault("SerializationException", f"{path or 'The request'} has the wrong type: {type(value).__name__}")
