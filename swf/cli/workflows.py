"""``swf lint``, ``swf replay``: whether workflows do the same on each replay."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs
import click

from swf.checks import meant
from swf.cli.exit_codes import FAILED, NON_DETERMINISM, NOT_FOUND
from swf.cli.filters import all_filters, keywords, narrowed, spelling
from swf.cli.groups import Command
from swf.cli.options import Where, connection_options, the_domain
from swf.cli.output import Column, Output, note, output_option
from swf.exceptions import NonDeterminismError, ValidationError
from swf.workflows.lint import Finding, Report

if TYPE_CHECKING:
    from swf.models import WorkflowExecution
    from swf.querysets import WorkflowExecutionQuerySet
    from swf.workflows import Replayer, Workflow
    from swf.workflows.outcomes import Outcome, State
    from swf.workflows.recorded import Recorded

LintFormat = Literal["table", "json", "jsonl", "github"]

_FINDINGS: tuple[Column[Finding], ...] = (
    Column("WHERE", lambda found: f"{found.path}:{found.line}:{found.column}", is_fixed=True),
    Column("KIND", lambda found: found.kind, is_fixed=True),
    Column("WHAT", lambda found: found.what),
    Column("IN", lambda found: found.function, is_extra=True),
    Column("INSTEAD", lambda found: found.remedy),
)


@click.command(
    cls=Command,
    epilog="""A line with the comment "# swf: allow" is let through; beside def, the whole function.

    Examples:

    \b
    swf lint shop/

    \b
    swf lint shop.workflows deploy/nightly.py

    \b
    swf lint shop/ -o github     # in a GitHub workflow: each finding beside its line
    """,
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "jsonl", "github"]),
    default="table",
    show_default=True,
    help="For people, for programs, or as annotations of GitHub.",
)
def lint(sources: tuple[str, ...], form: LintFormat) -> int:
    """Find calls in workflows that would do something else on each replay; runs nothing of them.

    SOURCE is a file, a folder, or a module by its name. The exit code is 1 if something is found, and 5 if there is no
    workflow.
    """
    from swf.workflows.lint import lint as lint_sources

    report = lint_sources(sources)
    if form == "github":
        for finding in report.findings:
            click.echo(annotation(finding))
    elif report.findings or form != "table":
        Output(form).rows([report.findings], _FINDINGS, attrs.asdict)
    note(_found(report))
    if report.findings:
        return FAILED
    return 0 if report.workflows else NOT_FOUND


def _found(report: Report) -> str:
    read = f"{_counted(len(report.workflows), 'workflow')} in {_counted(report.files, 'file')}"
    if not report.workflows:
        return f"There is {read.replace('0 workflows', 'no workflow')}."
    if not report.findings:
        return f"{read}: nothing that a workflow must not do."
    return f"{read}: {_counted(len(report.findings), 'finding')}."


def annotation(finding: Finding) -> str:
    """Give a finding as a command of GitHub Actions, which shows it beside its line.

    See: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    place = f"file={_property(finding.path)},line={finding.line},col={finding.column}"
    where = f" in {finding.function}" if finding.function else ""
    return f"::error {place},title=swf lint::{_escaped(f'{finding.kind}: {finding.what}{where}. {finding.remedy}')}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


# Replay

_OUTCOMES: "tuple[Column[Outcome], ...]" = (
    Column("HISTORY", lambda each: each.name),
    Column("TYPE", lambda each: each.workflow_type),
    Column("EVENTS", lambda each: each.events, is_right=True, is_fixed=True, least=len("25,000")),
    Column("REPLAY", lambda each: each.state, is_fixed=True, least=len("skipped")),
    Column("EVENT", lambda each: _differs(each, "event"), is_right=True, is_fixed=True),
    Column("RECORDED", lambda each: _differs(each, "recorded")),
    Column("ASKED", lambda each: _differs(each, "asked")),
    Column("LINE", lambda each: _differs(each, "line")),
    Column("RUN ID", lambda each: each.run_id, is_fixed=True, is_extra=True),
)

_STATES: "dict[State, str]" = {
    "same": "as recorded",
    "differs": "not as recorded",
    "failed": "not replayed",
    "skipped": "of another workflow type",
}

# So many rows are printed together: the first of them say how wide the columns are.
_ROWS = 20


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf replay shop.workflows --history 'histories/*.json'

    \b
    swf replay shop.workflows:Order --domain shop                  # what is open now

    \b
    swf replay shop.workflows --domain shop --status ANY --since 7d --save histories/
    """,
)
@click.argument("names", metavar="WORKFLOW...", nargs=-1, required=True)
@click.option(
    "--history",
    "histories",
    multiple=True,
    metavar="PATH",
    help="A file with a history, a folder of them or a pattern; asks no SWF. May be repeated.",
)
@connection_options
@all_filters
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many executions at most.")
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write each history that is read from SWF to a file here, for --history.",
)
@click.option("--check/--no-check", default=True, help="Whether forbidden calls are caught, which takes time.")
@output_option
def replay(
    where: Where,
    names: tuple[str, ...],
    histories: tuple[str, ...],
    limit: int | None,
    save: Path | None,
    check: bool,
    output: Output,
    **filters: Any,
) -> int:
    """Replay histories against workflows as they are now.

    WORKFLOW is a module, for all workflows among its variables, or MODULE:NAME. Histories come from files, with
    --history, or from SWF: those of open executions, unless filters say otherwise. Nothing is sent anywhere. The exit
    code is 3 if a workflow asks for something other than its history records, and 5 if there are histories, but none of
    them. Where SWF has none at all, nothing can differ: 0.
    """
    from swf.connection import current
    from swf.workflows import Replayer
    from swf.workflows.outcomes import from_files
    from swf.workflows.recorded import paths

    replayer = Replayer(workflows_of(names), check=check)
    wanted = keywords(filters)
    if histories:
        if wanted or limit or save:
            raise click.UsageError(
                "Filters, --limit and --save are for executions in SWF. Leave them or --history out."
            )
        return _tell(replayer, from_files(paths(histories)), output)
    with where.in_force():
        among = narrowed(the_domain().executions, wanted).as_of(current().now())
        return _tell(replayer, _read(among, replayer, wanted, limit, save), output, _none(among, replayer))


def _none(among: "WorkflowExecutionQuerySet", replayer: "Replayer") -> str:
    """Return the message for an SWF that has no history of the workflows."""
    names = ", ".join(f"{workflow.name} {workflow.version}" for workflow in replayer.workflows)
    message = f"The domain {among.domain.name} has no history of {names} among {among.summary()}."
    return f"{message} {among.widened(spelling(closed=True))}".rstrip()


def _tell(
    replayer: "Replayer",
    histories: "Iterable[Recorded | Outcome]",
    output: Output,
    none: str = "There is no history.",
) -> int:
    from swf.workflows.outcomes import outcomes

    counts: Counter[State] = Counter()

    def noted() -> "Iterator[Outcome]":
        for each in outcomes(replayer, histories):
            counts[each.state] += 1
            if each.error is not None:
                note(f"{each.name}: {each.error}")
            yield each

    output.rows(_pages(noted()), _OUTCOMES, _as_json, none=none)
    if counts:
        told = (f"{count:,} {_STATES[state]}" for state, count in counts.items())
        note(f"{_counted(counts.total(), 'history', 'histories')}: {', '.join(told)}.")
    if counts["differs"]:
        return NON_DETERMINISM
    if counts["failed"]:
        return FAILED
    return NOT_FOUND if counts and not counts["same"] else 0


def _pages(outcomes: "Iterator[Outcome]") -> "Iterator[list[Outcome]]":
    while page := list(islice(outcomes, _ROWS)):
        yield page


def _differs(outcome: "Outcome", what: str) -> Any:
    return getattr(outcome.error, what) if isinstance(outcome.error, NonDeterminismError) else None


def _as_json(outcome: "Outcome") -> dict[str, Any]:
    differs = {name: _differs(outcome, name) for name in ("event", "recorded", "asked", "line")}
    told = {
        "history": outcome.name,
        "run_id": outcome.run_id,
        "workflow_type": None if outcome.workflow_type is None else outcome.workflow_type._asdict(),
        "events": outcome.events,
        "replay": outcome.state,
        **differs,
        "error": None if outcome.error is None else str(outcome.error),
    }
    return {name: value for name, value in told.items() if value is not None}


def _read(
    among: "WorkflowExecutionQuerySet",
    replayer: "Replayer",
    wanted: dict[str, Any],
    limit: int | None,
    save: Path | None,
) -> "Iterator[Recorded]":
    from swf.workflows.recorded import from_swf

    for history in from_swf(islice(_executions(among, replayer, wanted), limit)):
        if save is not None:
            save.mkdir(parents=True, exist_ok=True)
            run_id = history.execution.run_id if history.execution else history.name
            (save / f"{_file_name(run_id)}.json").write_text(history.dumps(), encoding="utf-8")
        yield history


def _file_name(run_id: str) -> str:
    """Give a run id without what a file's name cannot have."""
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in run_id)


def _executions(
    among: "WorkflowExecutionQuerySet", replayer: "Replayer", wanted: dict[str, Any]
) -> "Iterator[WorkflowExecution]":
    """Give the executions that are wanted, of each workflow: SWF finds them by their type."""
    for workflow in replayer.workflows:
        of_type = {"workflow_type_name": workflow.name, "workflow_type_version": workflow.version}
        if all(wanted.get(name, value) == value for name, value in of_type.items()):
            yield from among.filter(**of_type).iterator()


def workflows_of(names: Iterable[str]) -> "list[type[Workflow]]":
    """Give the workflows that are named: ``module``, for all among its variables, or ``module:Name``.

    Raises:
        ValidationError: A name does not stand for any.
    """
    return list(dict.fromkeys(workflow for name in names for workflow in _named(name)))


def _named(name: str) -> "list[type[Workflow]]":
    from swf.cli.loading import imported
    from swf.workflows.definition import workflows_in

    module_name, _, variable = name.partition(":")
    module = imported(module_name)
    found = workflows_in(vars(module))
    if not variable and found:
        return list(found.values())
    if variable in found:
        return [found[variable]]
    known = f"It has: {', '.join(found)}." if found else "Nor has it any other workflow." if variable else ""
    what = f"workflow {variable!r}" if variable else "workflow among its variables. Name another module"
    raise ValidationError(f"The module {module_name} has no {what}. {meant(variable, found)}{known}".rstrip())


def _counted(count: int, noun: str, several: str | None = None) -> str:
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"
