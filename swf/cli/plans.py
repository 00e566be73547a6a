"""Plans on a terminal: shown, and carried out under the eyes of whoever asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

import click

from swf.cli.output import console, dumped, note, visible
from swf.cli.streams import while_read
from swf.sync import Applied, Item, Plan, Result, apply, markdown
from swf.sync.applying import Hear
from swf.sync.items import Action
from swf.sync.sentences import header, in_conflict, outcome

if TYPE_CHECKING:
    from rich.console import Console

Format = Literal["table", "json", "markdown"]
_STYLES: Final[dict[Action, str]] = {
    "register": "green",
    "undeprecate": "yellow",
    "tag": "yellow",
    "deprecate": "red",
    "undeclared": "dim",
    "differs": "bold red",
    "unchanged": "dim",
}


def show_results(applied: Applied) -> None:
    """Print what came of a plan as JSON on stdout."""
    with while_read(sys.stdout):
        click.echo(dumped(applied.data, indent=2))


def show(plan: Plan, form: Format) -> None:
    """Print a plan on stdout; a reader that has gone keeps nobody from carrying it out."""
    with while_read(sys.stdout):
        match form:
            case "json":
                click.echo(dumped(plan.data, indent=2))
            case "markdown":
                click.echo(markdown(plan), nl=False)
            case _:
                _table(plan)


def _table(plan: Plan) -> None:
    from rich.cells import cell_len
    from rich.text import Text

    writer = console()
    names = max((cell_len(item.name) for item in plan.items if item.kind != "domain"), default=0)
    versions = max((cell_len(item.version or "") for item in plan.items), default=0)
    for item in plan.items:
        head = _head(item, names, versions)
        first, *more = outcome(item) or [""]
        for line in (f"{head}  {first}".rstrip(), *(f"{' ' * cell_len(head)}  {line}" for line in more)):
            writer.print(Text(visible(line), style=_STYLES[item.action]))
    writer.print(Text(f"\n{visible(header(plan))}"))


def _head(item: Item, names: int, versions: int) -> str:
    if item.kind == "domain":
        return f"{item.symbol} domain {item.name}"
    return f"  {item.symbol} {item.kind:8}  {_padded(item.name, names)}  {_padded(item.version or '', versions)}"


def _padded(text: str, width: int) -> str:
    """Fill a text up, whose characters may each be two cells wide."""
    from rich.cells import cell_len

    return text + " " * (width - cell_len(text))


def changes(count: int) -> str:
    """Say how many changes there are.

    >>> changes(1), changes(4)
    ('1 change', '4 changes')
    """
    return f"{count} change{'' if count == 1 else 's'}"


@contextmanager
def asking() -> Iterator[None]:
    """Show on a terminal that SWF is being asked."""
    if not sys.stderr.isatty():
        yield
        return
    with _stderr().status("Asking SWF what is registered"):
        yield


def carried_out(plan: Plan, heard: list[Result], *, skip_conflicts: bool) -> Applied:
    """Carry out a plan, and say what comes of each item, and of all.

    Args:
        plan: The plan.
        heard: Gets what comes of each item as soon as that is known, also when it ends too early.
        skip_conflicts: Leave what differs as it is, and do the rest.
    """
    if not plan.changes:
        applied = Applied(plan=plan)
    else:
        with _progress(len(plan.changes), heard) as hear:
            applied = apply(plan, skip_conflicts=skip_conflicts, hear=hear)
    for item in applied.skipped:
        note(f"Left as it is: {visible(in_conflict(item))}")
    note(summary(applied))
    return applied


def summary(applied: Applied) -> str:
    """Return what was done, in a line: the changes that were made, those that were made already, and what is left."""
    told = [f"Done: {changes(len(applied.made))}." if applied.plan.changes else "There is nothing to do."]
    if applied.found:
        told.append(f"Made already: {len(applied.found)}.")
    if applied.skipped:
        told.append(f"In conflict and left as it is: {len(applied.skipped)}.")
    return " ".join(told)


@contextmanager
def _progress(total: int, heard: list[Result]) -> Iterator[Hear]:
    """Tell of each item as it is done, with a bar on a terminal; and when it ends too early, how far it came."""
    try:
        with _bar(total) if sys.stderr.isatty() else _lines() as tell:

            def hear(result: Result) -> None:
                heard.append(result)
                tell(result)

            yield hear
    except (Exception, KeyboardInterrupt):
        if done := [result for result in heard if result.outcome != "conflict"]:
            note(f"{len(done)} of {changes(total)} made. Run the command again for the rest.")
        raise


def _line(result: Result) -> str:
    item = str(result.item)
    return visible(f"= {item[2:]}  made already" if result.outcome == "found" else item)


@contextmanager
def _lines() -> Iterator[Hear]:
    yield lambda result: note(_line(result))


@contextmanager
def _bar(total: int) -> Iterator[Hear]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (TextColumn("Syncing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_stderr()) as bar:
        task = bar.add_task("", total=total)

        def tell(result: Result) -> None:
            action = "unchanged" if result.outcome == "found" else result.item.action
            bar.console.print(Text(_line(result), style=_STYLES[action]))
            bar.advance(task)

        yield tell


def _stderr() -> "Console":
    from swf.cli.consoles import Writer

    return Writer(stderr=True)
