"""Graphs of tasks as pictures: for Mermaid, for Graphviz, or as SVG, with the states of an execution if asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Final

import attrs

from swf.specs.dag import Dag
from swf.specs.inputs import Constant
from swf.specs.parts import State
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction, Signal, Task, Timer

States = Mapping[str, State]

# What fills a task, and its border.
COLOURS: Final[Mapping[State, tuple[str, str]]] = {
    "waiting": ("#f4f4f5", "#a1a1aa"),
    "ready": ("#e0f2fe", "#0284c7"),
    "open": ("#bae6fd", "#0369a1"),
    "completed": ("#bbf7d0", "#15803d"),
    "failed": ("#fecaca", "#b91c1c"),
    "skipped": ("#e4e4e7", "#71717a"),
    "canceled": ("#fef08a", "#a16207"),
}
_PLAIN: Final = ("#ffffff", "#52525b")

_CHARACTER, _HEIGHT, _GAP, _BETWEEN, _MARGIN = 7.5, 44, 28, 56, 16


def mermaid(spec: Dag, states: States | None = None) -> str:
    """Give a graph for Mermaid, as GitHub and others draw it.

    Args:
        spec: The workflow.
        states: How far each task is; left out, they have no colours.
    """
    numbers = {id: f"t{number}" for number, id in enumerate(spec.tasks)}
    lines = ["flowchart TD"]
    for id, task in spec.tasks.items():
        label = "<br/>".join(escape(line).replace("\\", "&#92;") for line in (id, what(task)))
        lines.append(f'    {numbers[id]}["{label}"]')
    lines += [f"    {numbers[before]} --> {numbers[after]}" for before, after in _edges(spec)]
    for state, (fill, border) in COLOURS.items():
        drawn = [numbers[id] for id, held in (states or {}).items() if held == state]
        if drawn:
            lines.append(f"    classDef {state} fill:{fill},stroke:{border},color:#18181b")
            lines.append(f"    class {','.join(drawn)} {state}")
    return "\n".join(lines) + "\n"


def dot(spec: Dag, states: States | None = None) -> str:
    """Give a graph for Graphviz."""
    lines = [f"digraph {_quoted(spec.name)} {{", '    node [shape=box, style="rounded,filled", fontname="sans-serif"];']
    for id, task in spec.tasks.items():
        fill, border = _colours(id, states)
        label = _quoted(f"{id}\n{what(task)}")
        lines.append(f"    {_quoted(id)} [label={label}, fillcolor={_quoted(fill)}, color={_quoted(border)}];")
    lines += [f"    {_quoted(before)} -> {_quoted(after)};" for before, after in _edges(spec)]
    return "\n".join([*lines, "}"]) + "\n"


def svg(spec: Dag, states: States | None = None) -> str:
    """Give a picture: tasks in rows, each below those that it waits for."""
    layout = _Layout.of(spec)
    width, height = layout.size
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="13" text-anchor="middle">',
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0L8,4L0,8z" fill="#71717a"/></marker></defs>',
        f"<title>{escape(spec.name)} {escape(spec.version)}</title>",
    ]
    parts += (_line(points) for points in layout.lines)
    parts += (_box(task, layout.boxes[id], _colours(id, states), states) for id, task in spec.tasks.items())
    return "\n".join([*parts, "</svg>"]) + "\n"


FORMATS: Final[Mapping[str, Callable[[Dag, States | None], str]]] = {"mermaid": mermaid, "dot": dot, "svg": svg}


def what(task: Task) -> str:
    """Say in a few words what a task is."""
    match task.work:
        case Activity(type=type_id):
            said = str(type_id)
        case LambdaFunction(name=name):
            said = f"lambda {name}"
        case ChildWorkflow(type=type_id):
            said = f"workflow {type_id}"
        case Timer(seconds=Constant(value)):
            said = f"timer {value} s"
        case Timer():
            said = "timer"
        case Signal(name=name):
            said = f"signal {name}"
    marks = [word for word, there in (("for each", task.for_each), ("if", task.when)) if there is not None]
    return f"{said} ({', '.join(marks)})" if marks else said


def _edges(spec: Dag) -> Iterator[tuple[str, str]]:
    return ((before, id) for id, task in spec.tasks.items() for before in task.dependencies)


def _colours(id: str, states: States | None) -> tuple[str, str]:
    return _PLAIN if states is None else COLOURS[states[id]]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# SVG


@attrs.frozen
class _Place:
    """Where something is drawn: the middle of its upper edge."""

    x: float
    y: float
    width: float


@attrs.frozen
class _Layout:
    """Where the tasks of a graph are drawn, and the lines between them.

    A line over several rows has a place in each row that it passes, so that it goes around what is there.
    """

    boxes: Mapping[str, _Place]
    lines: Sequence[Sequence[tuple[float, float]]]
    size: tuple[float, float]

    @classmethod
    def of(cls, spec: Dag) -> "_Layout":
        rows, chains = _rows(spec)
        _sort(rows, chains)
        widths = {id: _width(task) for id, task in spec.tasks.items()}
        row_widths = [sum(widths.get(id, 0) + _GAP for id in row) - _GAP for row in rows]
        width = max(row_widths) + 2 * _MARGIN
        places: dict[str, _Place] = {}
        for number, (row, row_width) in enumerate(zip(rows, row_widths, strict=True)):
            x = (width - row_width) / 2
            for id in row:
                own = widths.get(id, 0)
                places[id] = _Place(x + own / 2, _MARGIN + number * (_HEIGHT + _BETWEEN), own)
                x += own + _GAP
        lines = [list(_points([places[id] for id in chain])) for chain in chains]
        height = len(rows) * (_HEIGHT + _BETWEEN) - _BETWEEN + 2 * _MARGIN
        return cls({id: places[id] for id in spec.tasks}, lines, (width, height))


def _rows(spec: Dag) -> tuple[list[list[str]], list[list[str]]]:
    """Give the rows, and for each line what it passes; between two tasks that are places without one."""
    rows = [list(layer) for layer in spec.graph.layers]
    row_of = {id: number for number, row in enumerate(rows) for id in row}
    chains = []
    for before, after in _edges(spec):
        passed = [f"{before}|{after}|{number}" for number in range(row_of[before] + 1, row_of[after])]
        for number, name in enumerate(passed, start=row_of[before] + 1):
            rows[number].append(name)
        chains.append([before, *passed, after])
    return rows, chains


def _sort(rows: list[list[str]], chains: Iterable[Sequence[str]]) -> None:
    """Have each row be in the order of what is above it, then in that of what is below, a few times."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for _ in range(3):
        for neighbours, order in ((above, range(1, len(rows))), (below, range(len(rows) - 2, -1, -1))):
            for number in order:
                beside = rows[number - 1] if neighbours is above else rows[number + 1]
                _sort_row(rows[number], {id: place for place, id in enumerate(beside)}, neighbours)


def _sort_row(row: list[str], places: Mapping[str, int], neighbours: Mapping[str, Sequence[str]]) -> None:
    middles = {}
    for number, id in enumerate(row):
        known = [places[each] for each in neighbours.get(id, ()) if each in places]
        middles[id] = sum(known) / len(known) if known else number
    row.sort(key=middles.__getitem__)


def _width(task: Task) -> float:
    return max(len(task.id), len(what(task))) * _CHARACTER + 24


def _points(places: Sequence[_Place]) -> Iterator[tuple[float, float]]:
    first, *passed, last = places
    yield first.x, first.y + _HEIGHT
    for place in passed:
        yield place.x, place.y
        yield place.x, place.y + _HEIGHT
    yield last.x, last.y


def _line(points: Sequence[tuple[float, float]]) -> str:
    (x, y), *rest = points
    path = f"M{x:.1f},{y:.1f}"
    for next_x, next_y in rest:
        middle = (y + next_y) / 2
        path += f"C{x:.1f},{middle:.1f} {next_x:.1f},{middle:.1f} {next_x:.1f},{next_y:.1f}"
        x, y = next_x, next_y
    return f'<path d="{path}" fill="none" stroke="#a1a1aa" stroke-width="1.5" marker-end="url(#end)"/>'


def _box(task: Task, place: _Place, colours: tuple[str, str], states: States | None) -> str:
    fill, border = colours
    told = "" if states is None else f"<title>{escape(task.id)}: {states[task.id]}</title>"
    return (
        f'<g>{told}<rect x="{place.x - place.width / 2:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" '
        f'height="{_HEIGHT}" rx="8" fill="{fill}" stroke="{border}" stroke-width="1.5"/>'
        f'<text x="{place.x:.1f}" y="{place.y + 19:.1f}" font-weight="600" fill="#18181b">{escape(task.id)}</text>'
        f'<text x="{place.x:.1f}" y="{place.y + 35:.1f}" font-size="11" fill="#52525b">{escape(what(task))}</text></g>'
    )
