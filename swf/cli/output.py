"""What commands print on stdout: tables for people, JSON and the like for programs; and notes on stderr."""

import csv
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

import attrs
import click

from swf import wire
from swf.cli.streams import while_read
from swf.models.base import Model
from swf.shapes import TypeId

if TYPE_CHECKING:
    from rich.text import Text

    from swf.cli.consoles import Writer

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Format = Literal["table", "json", "jsonl", "yaml", "csv"]
Fact = tuple[str, Any]

# Narrower than this, a text says nothing.
NARROWEST = 16
# So many rows say how wide the columns of a table are.
_ENOUGH = 50
_GAP = 2

# Texts in SWF are anybody's: what moves a terminal's cursor is shown and not done.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_STYLES = {
    "OPEN": "cyan",
    "COMPLETED": "green",
    "REGISTERED": "green",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "CANCELED": "yellow",
    "TERMINATED": "yellow",
    "CONTINUED_AS_NEW": "blue",
    "DEPRECATED": "yellow",
}


@attrs.frozen
class Column(Generic[T]):
    """A column of a table.

    Attributes:
        header: What stands above it.
        value: Gives what a row has there.
        is_extra: Whether it is left out where a terminal has no room for it.
        is_right: Whether it is aligned at its right end.
        is_fixed: Whether it is never cut.
        least: How wide it is at least, for what later rows may have there.
    """

    header: str
    value: Callable[[T], Any]
    is_extra: bool = False
    is_right: bool = False
    is_fixed: bool = False
    least: int = 0


@attrs.frozen
class Placed(Generic[T]):
    """A column with its width."""

    column: Column[T]
    width: int

    def cell(self, text: str, *, cut: bool) -> "Text":
        """Give a text as it stands in the column."""
        from rich.text import Text

        cell = Text(text, style=_STYLES.get(text, ""), end="")
        if cut and not self.column.is_fixed:
            cell.truncate(self.width, overflow="ellipsis")
        blank = max(0, self.width - cell.cell_len)
        if self.column.is_right:
            cell.pad_left(blank)
        else:
            cell.pad_right(blank)
        return cell


@attrs.define
class Printed:
    """How many rows have been printed."""

    rows: int = 0

    def counted(self, pages: Iterable[Sequence[T]]) -> Iterator[Sequence[T]]:
        """Yield the pages, and count their rows."""
        for page in pages:
            self.rows += len(page)
            yield page


@attrs.frozen
class Output:
    """Where results go, and as what."""

    format: Format

    def rows(
        self,
        pages: Iterable[Sequence[T]],
        columns: Sequence[Column[T]],
        as_json: Callable[[T], Any],
        *,
        none: str = "",
        is_of_several: bool = False,
    ) -> None:
        """Print rows, each page as soon as it is there; without any, say so on stderr.

        The pages of several lists may be short: with ``is_of_several`` a table begins once there are enough rows to
        know how wide its columns are.
        """
        printed = Printed()
        self._rows(
            printed.counted(_begun(pages) if is_of_several and self.format == "table" else pages), columns, as_json
        )
        if none and not printed.rows:
            note(none)

    def _rows(self, pages: Iterable[Sequence[T]], columns: Sequence[Column[T]], as_json: Callable[[T], Any]) -> None:
        match self.format:
            case "table":
                _table(pages, columns)
            case "csv":
                _csv(pages, columns)
            case "jsonl":
                for page in pages:
                    click.echo("".join(f"{dumped(as_json(row))}\n" for row in page), nl=False)
            case "yaml":
                _items([as_json(row) for row in page] for page in pages)
            case "json":
                _array(as_json(row) for page in pages for row in page)

    def facts(self, facts: Iterable[Fact], as_json: Any) -> None:
        """Print what is known of one thing, one line for each fact that is known."""
        with while_read(sys.stdout):
            self._facts(facts, as_json)

    def _facts(self, facts: Iterable[Fact], as_json: Any) -> None:
        match self.format:
            case "table":
                _facts([(name, said) for name, value in facts if (said := shown(value))])
            case "csv":
                _csv([list(facts)], (Column("NAME", lambda fact: fact[0]), Column("VALUE", lambda fact: fact[1])))
            case "yaml":
                click.echo(_yaml(as_json), nl=False)
            case _:
                click.echo(dumped(as_json, indent=2 if self.format == "json" else None))


def output_option(command: F) -> F:
    """Add ``-o``; the command gets an `Output` by name."""

    def chosen(context: click.Context, parameter: click.Parameter, value: Format | None) -> Output:
        if value == "yaml":
            from swf.documents import pyyaml

            # Before anything is asked or done.
            pyyaml()
        return Output(value or ("table" if sys.stdout.isatty() else "jsonl"))

    return click.option(
        "-o",
        "--output",
        type=click.Choice(get_args(Format)),
        callback=chosen,
        help="As a table, as JSON, as a JSON object in each line… Left out, a table on a terminal and else jsonl.",
    )(command)


def note(text: str) -> None:
    """Say something that is no result."""
    with while_read(sys.stderr):
        click.echo(text, err=True)


def note_line(text: str) -> None:
    """Say something in one line, cut where a terminal ends."""
    width = shutil.get_terminal_size().columns
    note(f"{text[: width - 1]}…" if sys.stderr.isatty() and len(text) > width else text)


def console() -> "Writer":
    """Give what writes styled text to stdout; without a terminal, or with NO_COLOR, there are no colours."""
    from swf.cli.consoles import Writer

    return Writer()


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask before something is done that cannot be undone.

    Raises:
        UsageError: There is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to ask at: give --yes.")
    return click.confirm(question, err=True)


# Values


def plain(value: Any) -> Any:
    """Give a value as JSON has it: times in ISO, types and executions as objects.

    >>> plain(datetime(2030, 1, 31, 8, tzinfo=UTC))
    '2030-01-31T08:00:00Z'
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if attrs.has(type(value)):
        return {name: plain(held) for name, held in attrs.asdict(value, recurse=False).items() if held is not None}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {name: plain(held) for name, held in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def attributes(model: Model) -> dict[str, Any]:
    """Give the attributes of a model that are known, as JSON has them."""
    held = {member.name: getattr(model, member.name) for member in wire.members(type(model))}
    return {name: plain(value) for name, value in held.items() if value is not None and name not in model._unread}


def dumped(value: Any, indent: int | None = None) -> str:
    """Give JSON, readable in any alphabet that stdout can be written in."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def shown(value: Any) -> str:
    """Give a value as a table has it: times in UTC, empty when there is none.

    >>> shown(datetime(2030, 1, 31, 8, tzinfo=UTC)), shown(TypeId("Order", "1.0")), shown(("a", "b")), shown(None)
    ('2030-01-31 08:00:00', 'Order 1.0', 'a, b', '')
    """
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case bool():
            return "yes" if value else "no"
        case TypeId():
            return visible(str(value))
        case list() | tuple():
            return ", ".join(map(shown, value))
        case dict():
            return visible(dumped(value))
        case _:
            return visible(str(value))


def visible(text: str) -> str:
    r"""Give a text with its control characters as escapes, but for line ends and tabs.

    >>> visible("\x1b[2Jgone")
    '\\x1b[2Jgone'
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def lasted(seconds: float) -> str:
    """Give a duration in its two greatest units.

    >>> lasted(0.25), lasted(75), lasted(3600), lasted(93784)
    ('0.25s', '1m 15s', '1h 0m', '1d 2h')
    """
    if seconds < 60:
        return f"{round(seconds, 2):g}s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours < 24 else f"{hours // 24}d {hours % 24}h"


# Tables


def _table(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]]) -> None:
    writer = console()
    room = writer.room
    placed: list[Placed[T]] | None = None
    for page in pages:
        if not page:
            continue
        if placed is None:
            placed = layout(columns, page, room)
            header = [each.cell(each.column.header, cut=False) for each in placed]
            writer.print(_line(header), style="bold")
        for row in page:
            cells = [each.cell(one_line(each.column.value(row)), cut=room is not None) for each in placed]
            writer.print(_line(cells))


def _begun(pages: Iterable[Sequence[T]]) -> Iterator[Sequence[T]]:
    """Give pages, and the first ones as one, until they are of enough rows."""
    left = iter(pages)
    first: list[T] = []
    for page in left:
        first.extend(page)
        if len(first) >= _ENOUGH:
            break
    yield first
    yield from left


def layout(columns: Sequence[Column[T]], rows: Sequence[T], room: int | None) -> list[Placed[T]]:
    """Give columns the widths that rows ask for: where there is no room, extras go and what remains is cut."""
    placed = [Placed(column, _width(column, rows)) for column in columns]
    if room is None:
        return placed
    while _least(placed) > room and (extras := [each for each in placed if each.column.is_extra]):
        placed.remove(extras[-1])
    while _total(placed) > room and (shrinking := [each for each in placed if _can_shrink(each)]):
        widest = max(shrinking, key=lambda each: each.width)
        placed[placed.index(widest)] = attrs.evolve(widest, width=widest.width - 1)
    last = placed[-1]
    if not last.column.is_fixed:
        # Later rows may say more there.
        placed[-1] = attrs.evolve(last, width=last.width + max(0, room - _total(placed)))
    return placed


def _least(placed: Sequence[Placed[Any]]) -> int:
    """Tell how narrow columns can get."""
    return _total(placed) - sum(each.width - NARROWEST for each in placed if _can_shrink(each))


def _can_shrink(placed: Placed[Any]) -> bool:
    return not placed.column.is_fixed and placed.width > NARROWEST


def _width(column: Column[T], rows: Sequence[T]) -> int:
    from rich.cells import cell_len

    return max(column.least, cell_len(column.header), *(cell_len(one_line(column.value(row))) for row in rows))


def _total(placed: Sequence[Placed[Any]]) -> int:
    return sum(each.width for each in placed) + _GAP * (len(placed) - 1)


def one_line(value: Any) -> str:
    r"""Give a value as a table has it in one line, whatever line ends are in it.

    >>> one_line("a\n  b")
    'a b'
    """
    return " ".join(shown(value).split())


def _line(cells: Sequence["Text"]) -> "Text":
    from rich.text import Text

    line = Text(" " * _GAP).join(cells)
    line.rstrip()
    return line


def _facts(facts: Sequence[tuple[str, str]]) -> None:
    from rich.text import Text

    writer = console()
    width = max((len(name) for name, _ in facts), default=0) + _GAP
    for name, said in facts:
        first, *more = said.splitlines() or [""]
        writer.print(Text.assemble((f"{name:<{width}}", "bold"), (first, _STYLES.get(first, ""))))
        for line in more:
            writer.print(Text(" " * width + line))


def _array(values: Iterator[Any]) -> None:
    opening = "["
    for value in values:
        click.echo(f"{opening}\n  {dumped(value)}", nl=False)
        opening = ","
    click.echo("[]" if opening == "[" else "\n]")


# CSV, YAML


def _csv(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.header.removesuffix(" (UTC)").lower().replace(" ", "_") for column in columns])
    for page in pages:
        writer.writerows([_cell(column.value(row)) for column in columns] for row in page)
        sys.stdout.flush()


def _cell(value: Any) -> str:
    return str(plain(value)) if isinstance(value, datetime) else shown(value)


def _items(pages: Iterator[list[Any]]) -> None:
    is_empty = True
    for page in filter(None, pages):
        click.echo(_yaml(page), nl=False)
        is_empty = False
    if is_empty:
        click.echo("[]")


def _yaml(value: Any) -> str:
    from swf.documents import to_yaml

    return to_yaml(value)
