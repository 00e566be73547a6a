"""The same for many executions: counted, asked about, and no faster than is wanted."""

import sys
import time
from collections.abc import Callable
from typing import Any, Literal

import attrs
import click

from swf.cli.filters import narrowed, spelling
from swf.cli.output import confirmed, note
from swf.constants import OPEN
from swf.exceptions import DoesNotExistError
from swf.models import Domain, WorkflowExecution

SHOWN = 5

# SWF lets an account send 30 signals and cancel requests a second for long, and shares that with all its programs.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
DEFAULT_RATE = 10.0

Action = Callable[[WorkflowExecution], None]
Verb = Literal["signal", "cancel", "terminate"]

_PAST: dict[Verb, str] = {"signal": "Signaled", "cancel": "Asked to cancel", "terminate": "Terminated"}


@attrs.define
class Done:
    """How many executions were acted on, and how many were no longer open."""

    acted: int = 0
    gone: int = 0


def to_one(domain: Domain, workflow_id: str, filters: dict[str, Any], act: Action, verb: Verb, *, every: bool) -> None:
    """Act on the execution that is named; of filters, only a run id goes with that."""
    run_id = filters.pop("run_id", None)
    if filters or every:
        raise click.UsageError(f"{workflow_id} names one execution, and filters many. Give either.")
    act(WorkflowExecution(domain, workflow_id, run_id))
    note(f"{_PAST[verb]}: {workflow_id}")


def to_many(
    domain: Domain, filters: dict[str, Any], act: Action, verb: Verb, *, every: bool, yes: bool, rate: float
) -> None:
    """Act on all open executions that filters describe, once that is confirmed."""
    _refuse_unclear(filters, verb, every=every)
    meant = narrowed(domain.executions.filter(status=OPEN), filters).as_of(domain._swf.now())
    # Who acts on what is listed changes the list: it is read first.
    found = list(meant.iterator())
    if not found:
        note(f"{meant.explain_empty(spelling(closed=False))} Nothing was done.")
        return
    _show("All open executions" if every else _as_heading(meant.summary()), found)
    number = "1 execution" if len(found) == 1 else f"{len(found)} executions"
    if not confirmed(f"{verb.capitalize()} {number} of the domain {domain.name}?", yes=yes):
        note("Nothing was done.")
        return
    done = Done()
    try:
        _act(found, act, rate, done)
    finally:
        left = len(found) - done.acted - done.gone
        note(
            f"{_PAST[verb]}: {done.acted}"
            f"{f'; closed meanwhile: {done.gone}' if done.gone else ''}{f'; not come to: {left}' if left else ''}"
        )


def _refuse_unclear(filters: dict[str, Any], verb: Verb, *, every: bool) -> None:
    if filters and every:
        raise click.UsageError("--all means all open executions, and filters some of them. Give either.")
    if not filters and not every:
        raise click.UsageError(
            f"Which executions to {verb}? Name a WORKFLOW_ID, or filter: --type Order --tag urgent. "
            "All open ones of the domain: --all"
        )


def _show(heading: str, found: list[WorkflowExecution]) -> None:
    note(f"{heading}:")
    for execution in found[:SHOWN]:
        note(f"  {execution.workflow_id}  {execution.run_id}")
    if len(found) > SHOWN:
        note(f"  … and {len(found) - SHOWN} more")


def _as_heading(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _act(found: list[WorkflowExecution], act: Action, rate: float, done: Done) -> None:
    """Act on each, not faster than so many a second, and count."""
    begun = time.monotonic()
    with click.progressbar(found, file=sys.stderr, hidden=not sys.stderr.isatty()) as executions:
        for place, execution in enumerate(executions):
            time.sleep(max(0.0, begun + place / rate - time.monotonic()))
            try:
                act(execution)
            except DoesNotExistError:
                done.gone += 1
            else:
                done.acted += 1
