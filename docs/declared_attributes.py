"""Shows on the reference pages what a class declares: its attributes, what each may hold, and SWF's name for it.

The table comes from the declarations themselves, so it says what is read, sent and checked.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

from swf import payload, shapes, wire
from swf.models.event import Event
from swf.wire import Member

# What all events have, and the page says once.
_OF_EVERY_EVENT = {"id", "timestamp"}

# Stands for a colon: of the characters that no text uses.
_COLON = "\ue000"


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in what autodoc does."""
    app.connect("autodoc-process-signature", show_signature)
    # Napoleon comes at 500. It would take what stands before a property's first colon for a type.
    app.connect("autodoc-process-docstring", hide_colon, priority=400)
    app.connect("autodoc-process-docstring", show_colon, priority=600)
    app.connect("autodoc-process-docstring", add_table, priority=600)
    app.connect("autodoc-skip-member", skip_named_tuple_field)
    return {"parallel_read_safe": True}


def show_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, annotation: str
) -> tuple[str, str] | None:
    """Leave out of a signature what is private, and the types that the table tells."""
    if what != "class" or not attrs.has(obj):
        return None
    declared, members = inspect.signature(obj), _members(obj)
    hidden = _OF_EVERY_EVENT if issubclass(obj, Event) else set()
    shown = [
        parameter.replace(default=_shown(parameter.default))
        for parameter in declared.parameters.values()
        if not parameter.name.startswith("_") and parameter.name not in hidden
    ]
    declared = declared.replace(parameters=shown, return_annotation=inspect.Signature.empty)
    return stringify_signature(declared, show_annotation=not members), ""


def hide_colon(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Have the first line of a property's docstring read as text."""
    if what == "property" and lines:
        lines[0] = lines[0].replace(":", _COLON)


def show_colon(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Undo `hide_colon`."""
    lines[:] = [line.replace(_COLON, ":") for line in lines]


def add_table(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Add the table of a class's declared attributes."""
    if what == "class" and attrs.has(obj) and (members := _members(obj)):
        lines += ["", ".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
        lines += _row("Attribute", "Holds", "SWF's name")
        for member in members:
            lines += _row(f"``{member.name}``", _held(obj, member), f"``{member.wire_name}``")
        lines.append("")


def skip_named_tuple_field(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out the fields of named tuples: their signature says as much."""
    return True if (getattr(obj, "__doc__", None) or "").startswith("Alias for field number") else None


def _members(kind: type) -> tuple[Member, ...]:
    try:
        return wire.members(kind)
    except NameError:
        # An annotation names what only type checkers import: no class with shapes does that.
        return ()


def _row(*cells: str) -> Iterator[str]:
    first, *others = cells
    yield f"   * - {first}"
    yield from (f"     - {cell}" for cell in others)


@attrs.frozen
class _Worked:
    """A default that is worked out when an instance is made."""

    def __repr__(self) -> str:
        return "..."


def _shown(default: Any) -> Any:
    return _Worked() if default is attrs.NOTHING else default


def _held(kind: type, member: Member) -> str:
    said = _limits(member.shape)
    if member.read_only:
        return f"{said}; made by SWF"
    takes_values = getattr(attrs.fields(kind), member.name).converter is payload.encode
    return f"a JSON value, or {said}" if takes_values else said


def _limits(shape: shapes.Shape) -> str:
    """Say what a shape takes."""
    said = _SAID.get(type(shape))
    return said(shape) if said else f"an object: ``{shape.name}``"


def _text(shape: Any) -> str:
    return f"text, {f'{shape.min} to' if shape.min else 'up to'} {shape.max:,} characters"


def _duration(shape: Any) -> str:
    unit = f"days, up to {shape.max}," if shape.name == "DurationInDays" else "seconds"
    return f'{unit} or ``"NONE"``'


_SAID: dict[type[shapes.Shape], Callable[[Any], str]] = {
    shapes.Text: _text,
    shapes.TypeName: lambda shape: f"a name, {shape.min} to {shape.max:,} characters",
    shapes.TaskListText: lambda shape: "a task list",
    shapes.Choice: lambda shape: ", ".join(f"``{word}``" for word in shape.values),
    shapes.Number: lambda shape: "the id of an event" if shape.name == "EventId" else "a whole number",
    shapes.NumberText: lambda shape: "a whole number",
    shapes.Duration: _duration,
    shapes.Flag: lambda shape: "True or False",
    shapes.Time: lambda shape: "an aware UTC ``datetime``",
    shapes.TypeReference: lambda shape: "a name and a version",
    shapes.ExecutionReference: lambda shape: "a workflow id and a run id",
    shapes.TagTexts: lambda shape: f"up to {shape.max} tags of up to {shape.longest} characters",
}
