"""A request against AWS's own description of its operation, and against SWF's rules for names and numbers.

All that is wrong is told in one ``ValidationException``, worded as the service words it. A member of another JSON
type than described is a ``SerializationException``. Null members are absent, unknown ones are ignored.
"""

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import attrs
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
    "CloseStatus": ("TERMINATED", "TIMED_OUT", "COMPLETED", "CONTINUED_AS_NEW", "CANCELED", "FAILED"),
}

# Of these it tells the members that are missing in another order than its description has.
_NULL_ORDER: dict[str, Sequence[str]] = {
    "DescribeWorkflowExecutionInput": ("execution", "domain"),
    "GetWorkflowExecutionHistoryInput": ("execution", "domain"),
    "WorkflowExecution": ("runId", "workflowId"),
}


@attrs.frozen
class Characters:
    """What AWS's text forbids in a name, as far as the service is not known to take it all the same.

    Attributes:
        forbidden: The characters.
        is_trimmed: Whether it may not begin or end with white space.
    """

    forbidden: re.Pattern[str]
    is_trimmed: bool = False

    def problem(self, value: str) -> str | None:
        """Return what of it is forbidden, if anything."""
        if found := self.forbidden.search(value):
            return f"must not contain {found.group()!r}"
        if value == "arn":
            return "must not be 'arn'"
        if self.is_trimmed and value != value.strip():
            return "must not start or end with white space"
        return None


_ANY = re.compile(r"[:/|\x00-\x1f\x7f-\x9f]")
# Amazon's framework for Ruby has task lists such as host:pid:uuid, so the service takes a colon there.
_IN_TASK_LISTS = re.compile(r"[/|\x00-\x1f\x7f-\x9f]")
# Amazon's frameworks and botoflow call a child after the run id of its parent, a colon and a number. Every third run id
# that was recorded of the service has a slash, so it takes both.
_IN_WORKFLOW_IDS = re.compile(r"[|\x00-\x1f\x7f-\x9f]")

# Where AWS's text forbids characters. It says nothing of other members, those of all that only reads among them. For
# the name of a type, whose colon the service is known to refuse, see `registrable_name`.
CHARACTERS: dict[tuple[str, str], Characters] = {
    ("PollForActivityTaskInput", "taskList"): Characters(_IN_TASK_LISTS, is_trimmed=True),
    ("PollForDecisionTaskInput", "taskList"): Characters(_IN_TASK_LISTS),
    ("RegisterActivityTypeInput", "version"): Characters(_ANY),
    ("RegisterDomainInput", "name"): Characters(_ANY, is_trimmed=True),
    ("RegisterWorkflowTypeInput", "version"): Characters(_ANY),
    ("ScheduleActivityTaskDecisionAttributes", "activityId"): Characters(_ANY),
    ("ScheduleActivityTaskDecisionAttributes", "taskList"): Characters(_IN_TASK_LISTS),
    ("StartChildWorkflowExecutionDecisionAttributes", "taskList"): Characters(_IN_TASK_LISTS, is_trimmed=True),
    ("StartChildWorkflowExecutionDecisionAttributes", "workflowId"): Characters(_IN_WORKFLOW_IDS),
    ("StartTimerDecisionAttributes", "timerId"): Characters(_ANY),
    ("StartWorkflowExecutionInput", "domain"): Characters(_ANY),
    ("StartWorkflowExecutionInput", "taskList"): Characters(_IN_TASK_LISTS),
    ("StartWorkflowExecutionInput", "workflowId"): Characters(_IN_WORKFLOW_IDS),
}
_TYPE_NAME = Characters(_ANY)


def registrable_name(name: str) -> str:
    """Return the name of a type that is to be registered; a forbidden one is a fault, in the service's words."""
    if _TYPE_NAME.problem(name):
        raise invalid(f"Invalid name: {name}")
    return name


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
        return _boolean
    if shape.type_name == "timestamp":
        return _timestamp
    return _number(shape)


def _structure(shape: StructureShape) -> Check:
    required = frozenset(shape.required_members)
    order = dict.fromkeys((*_NULL_ORDER.get(shape.name, ()), *shape.members))
    checks = {name: _member(shape, name) for name in order}

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_structure(value)
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


def _member(owner: StructureShape, name: str) -> Check:
    place = (owner.name, name)
    member = owner.members[name]
    check = _string(member, _TIMER_RULE) if place == _TIMER else _check_of(member)
    return _named(check, CHARACTERS[place]) if place in CHARACTERS else check


def _named(check: Check, characters: Characters) -> Check:
    """Check a name, or a task list, against what its characters may be as well."""

    def check_both(value: Any, path: str, found: list[str]) -> Any:
        before = len(found)
        clean = check(value, path, found)
        if len(found) > before:
            return clean
        name, at = (clean["name"], f"{path}.name") if isinstance(clean, dict) else (clean, path)
        if problem := characters.problem(name):
            found.append(_item(name, at, f"Member {problem}"))
        return clean

    return check_both


def _decision(shape: StructureShape) -> Check:
    """Check a decision; when the attributes of its kind are missing, all that they must hold is."""
    check_members = _structure(shape)

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_structure(value)
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
        _require_list(value)
        held = [item for item in value if item is not None]
        found.extend(_broken(held, len(held), path, limits))
        return [member(item, f"{path}.{place}.member", found) for place, item in enumerate(held, start=1)]

    return check


def _string(shape: Shape, rule: "Rule | None" = None) -> Check:
    assert isinstance(shape, StringShape), f"{shape.name} is a text"
    limits = _limits(shape, "length")
    words = _ENUM_ORDER.get(shape.name, shape.enum)
    rule = rule or _rule(shape.name)

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, str, "an String")
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
    return _follows


def _follows(value: str) -> None:
    """Find nothing wrong: AWS's description says all there is to say about this text."""


# Python reads more as a number than SWF does: spaces, underscores, the digits of other scripts.
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")


def _number_rule_broken(ours: shapes.NumberText, value: str) -> str | None:
    has_none = isinstance(ours, shapes.Duration) and ours.has_none
    if not value or (value == shapes.NONE and has_none):
        return None
    if not _WHOLE_NUMBER.fullmatch(value):
        return "must be a whole number" + (" or NONE" if has_none else "")
    return ours.problem(ours.read(value))


# A timer that never fires is none: AWS's text asks for a whole number.
_TIMER = ("StartTimerDecisionAttributes", "startToFireTimeout")
_TIMER_RULE = functools.partial(_number_rule_broken, shapes.Duration("DurationInSeconds", has_none=False))


def _number(shape: Shape) -> Check:
    limits = _limits(shape, "value")

    def check(value: Any, path: str, found: list[str]) -> Any:
        _require_type(value, int, "an Integer")
        found.extend(_broken(value, value, path, limits))
        return value

    return check


def _boolean(value: Any, path: str, found: list[str]) -> Any:
    _require_type(value, bool, "an Boolean")
    return value


def _timestamp(value: Any, path: str, found: list[str]) -> Any:
    _require_type(value, (int, float), "milliseconds since epoch")
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


# What the service calls a JSON value in its messages.
_JAVA_CLASSES: dict[type, str] = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
    float: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
}
_STARTS: dict[type, str] = {
    list: "Start of list found where not expected",
    dict: "Start of structure or map found where not expected.",
}


def _require_type(value: Any, kind: type | tuple[type, ...], wanted: str) -> None:
    # A bool is an int to Python, not to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _cannot_be(value, wanted)


def _cannot_be(value: Any, wanted: str) -> Fault:
    """Return the fault for a scalar of another JSON type, or for a list or an object in its place."""
    if isinstance(value, list | dict):
        return Fault("SerializationException", _STARTS[type(value)])
    return Fault("SerializationException", f"class {_JAVA_CLASSES[type(value)]} can not be converted to {wanted}")


def _require_structure(value: Any) -> None:
    if not isinstance(value, dict):
        raise Fault("SerializationException", _STARTS[list] if isinstance(value, list) else "Expected null")


def _require_list(value: Any) -> None:
    if not isinstance(value, list):
        raise Fault("SerializationException", _STARTS[dict] if isinstance(value, dict) else "Expected list or null")
