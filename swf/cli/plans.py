"""Plans on a terminal: shown, and carried out under the eyes of whoever asked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

import click

from swf.cli.output import console, dumped, note, visible
from swf.cli.streams import while_read
from swf.sync import Item, Plan, markdown
from swf.sync.items import Action
from swf.sync.sentences import counted, outcome

if TYPE_CHECKING:
    from rich.console import Console

Format = Literal["table", "json", "markdown"]
Hear = Callable[[Item], None]

_STYLES: Final[dict[Action, str]] = {
    "register": "green",
    "undeprecate": "yellow",
    "tag": "yellow",
    "deprecate": "red",
    "undeclared": "dim",
    "differs": "bold red",
    "unchanged": "dim",
}


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
    writer.print(f"\n{plan.region}: {counted(plan.counts)}")


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


@contextmanager
def progress(plan: Plan) -> Iterator[Hear]:
    """Tell of each item as it is done, with a bar on a terminal; and when it ends too early, how far it came."""
    done: list[Item] = []
    total = len(plan.changes)
    try:
        with _bar(total) if sys.stderr.isatty() else _lines() as tell:

            def hear(item: Item) -> None:
                done.append(item)
                tell(item)

            yield hear
    except (Exception, KeyboardInterrupt):
        if done:
            note(f"{len(done)} of {changes(total)} made. Run the command again for the rest.")
        raise


@contextmanager
def _lines() -> Iterator[Hear]:
    yield lambda item: note(visible(str(item)))


@contextmanager
def _bar(total: int) -> Iterator[Hear]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (TextColumn("Syncing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_stderr()) as bar:
        task = bar.add_task("", total=total)

        def tell(item: Item) -> None:
            bar.console.print(Text(visible(str(item)), style=_STYLES[item.action]))
            bar.advance(task)

        yield tell


def _stderr() -> "Console":
    from swf.cli.consoles import Writer

    return Writer(stderr=True)
