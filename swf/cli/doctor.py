"""``swf doctor``."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, islice
from typing import Any, Literal

import attrs
import click

from swf.cli.exit_codes import exit_code
from swf.cli.groups import Command
from swf.cli.options import Where, connection_options
from swf.cli.output import Column, Output, console, lasted, output_option
from swf.cli.remedies import told
from swf.clients import LOCAL
from swf.connection import Connection, current
from swf.constants import DEPRECATED
from swf.engine.limits import limits_of
from swf.exceptions import (
    DoesNotExistError,
    InvalidCredentialsError,
    OperationNotPermittedError,
    ResponseError,
    SWFError,
)
from swf.models import Domain
from swf.models.base import Count
from swf.settings import CREDENTIALS

State = Literal["set", "ok", "warning", "failed"]

# AWS refuses what was signed at a time five minutes from its own.
WORST_SKEW_SECONDS = 300
SKEW_SECONDS = 30

# From here on a quota is near its end.
NEAR = 0.8

_STYLES: dict[State, str] = {"set": "dim", "ok": "green", "warning": "yellow", "failed": "red"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen
class Finding:
    """One thing that was looked at.

    Attributes:
        error: What was in the way, if something was.
    """

    check: str
    state: State
    found: str
    remedy: str | None = None
    error: SWFError | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        """The finding as JSON."""
        told = {"check": self.check, "state": self.state, "found": self.found, "remedy": self.remedy}
        return {name: value for name, value in told.items() if value is not None}


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf doctor --domain shop

    \b
    swf doctor -o json | jq '.[] | select(.state == "failed")'
    """,
)
@connection_options
@output_option
def doctor(where: Where, output: Output) -> int:
    """Tell which settings hold, and what is in the way.

    Looks at the settings and where they come from, the endpoint, credentials, this machine's clock, the domain, what
    may be done in it, and quotas near their end. Secrets are masked, and nothing is changed: to learn whether
    something is allowed, it is asked for of an execution and a type that do not exist.

    The exit code is 0 when nothing is in the way.
    """
    with where.in_force():
        findings = findings_of(current())
        found = _told(findings, output)
    errors = [finding for finding in found if finding.state == "failed"]
    if not errors:
        return 0
    return max(1 if each.error is None else exit_code(each.error) for each in errors)


def findings_of(connection: Connection) -> Iterator[Finding]:
    """Look at one thing after the other; what needs a thing that is in the way is left out."""
    for row in connection.explain():
        yield Finding(row.name, "set", f"{row.value or '-'}  ({row.source})")
    try:
        yield Finding("endpoint", "ok", f"{connection.endpoint_url} in {connection.region}")
    except SWFError as error:
        yield _failed("endpoint", error)
        return
    if not connection.endpoint_url.startswith(LOCAL):
        yield _signer(connection)
    reached, answer = _reach(connection)
    yield reached
    if reached.state == "failed":
        return
    yield _clock(answer)
    yield from _in_domain(connection)


def _told(findings: Iterator[Finding], output: Output) -> list[Finding]:
    """Print findings as they come, and give them."""
    found: list[Finding] = []

    def noted() -> Iterator[list[Finding]]:
        for finding in findings:
            found.append(finding)
            yield [finding]

    if output.format == "table":
        for (finding,) in noted():
            _print(finding)
    else:
        output.rows(noted(), COLUMNS, lambda finding: finding.as_json)
    return found


def _print(finding: Finding) -> None:
    from rich.text import Text

    state = (f"{finding.state:<8}", _STYLES[finding.state])
    writer = console()
    writer.print(Text.assemble(state, (f"{finding.check:<22}", "bold"), finding.found))
    if finding.remedy:
        writer.print(Text(f"{'':<30}{finding.remedy}", style=_STYLES[finding.state]))


COLUMNS: tuple[Column[Finding], ...] = (
    Column("CHECK", lambda finding: finding.check),
    Column("STATE", lambda finding: finding.state),
    Column("FOUND", lambda finding: finding.found),
    Column("REMEDY", lambda finding: finding.remedy),
)


def _failed(check: str, error: SWFError) -> Finding:
    return Finding(check, "failed", told(error), error=error)


def _signer(connection: Connection) -> Finding:
    """Tell with whose key requests are signed, and who found it."""
    found: Any = connection.client._get_credentials()  # type: ignore[attr-defined]
    if found is None:
        return Finding("credentials", "ok", "none, and none are asked for")
    if found.method == "explicit" and not any(row.value for row in connection.explain() if row.name in CREDENTIALS):
        return Finding("credentials", "ok", "none are set, and this server asks for none")
    key = found.get_frozen_credentials().access_key
    return Finding("credentials", "ok", f"****{key[-4:] if len(key) >= 16 else ''}, found by: {found.method}")


@attrs.define
class Answer:
    """What is told of an answer beside its body."""

    date: str | None = None
    seconds: float = 0.0


def _reach(connection: Connection) -> tuple[Finding, Answer]:
    answer = Answer()

    def note(http_response: Any, **_: Any) -> None:
        answer.date = http_response.headers.get("date")

    events = connection.client.meta.events
    events.register("after-call.swf.ListDomains", note)
    begun = time.monotonic()
    try:
        connection.call("list_domains", registrationStatus="REGISTERED", maximumPageSize=1)
    except OperationNotPermittedError as error:
        # Whoever may not list domains reached SWF all the same.
        return Finding("SWF", "warning", f"answers, and refused: {error.code}", error.remedy), answer
    except SWFError as error:
        return _failed("SWF", error), answer
    finally:
        events.unregister("after-call.swf.ListDomains", note)
    answer.seconds = time.monotonic() - begun
    return Finding("SWF", "ok", f"answers, in {lasted(answer.seconds)}"), answer


def _clock(answer: Answer) -> Finding:
    """Hold this machine's clock against the date of an answer, which is in whole seconds."""
    if answer.date is None:
        return Finding("clock", "ok", "the same: no other machine answers")
    skew = (datetime.now(UTC) - parsedate_to_datetime(answer.date)).total_seconds()
    if abs(skew) <= SKEW_SECONDS:
        return Finding("clock", "ok", "right to some seconds")
    said = f"{lasted(abs(skew))} {'ahead' if skew > 0 else 'behind'}"
    state: State = "warning" if abs(skew) < WORST_SKEW_SECONDS else "failed"
    return Finding("clock", state, said, "Set this machine's clock: AWS refuses requests five minutes from its own.")


def _in_domain(connection: Connection) -> Iterator[Finding]:
    most = limits_of("relaxed").domains
    domains = _rows(connection, "list_domains", "domainInfos")
    yield from _quota("quota: domains", most, lambda: _number(domains, most))
    name = next(row.value for row in connection.explain() if row.name == "domain")
    if name is None:
        yield Finding(
            "domain", "warning", "none is set", "Name one with --domain NAME, SWF_DOMAIN, or domain in ~/.swf."
        )
        return
    domain = Domain(name, connection=connection)
    try:
        held = domain.upstream()
    except OperationNotPermittedError as error:
        yield Finding("domain", "warning", f"{name} cannot be described: {error.code}", error.remedy)
    except SWFError as error:
        yield _failed("domain", error)
        return
    else:
        yield _status(held)
    yield from _permissions(connection, name)
    yield from _quotas(connection, domain)


def _status(domain: Domain) -> Finding:
    if domain.status == DEPRECATED:
        remedy = f"To use it again: swf domains undeprecate {domain.name}"
        return Finding("domain", "warning", f"{domain.name} is deprecated: nothing new starts in it", remedy)
    return Finding("domain", "ok", f"{domain.name}, keeps closed executions for {domain.retention_period} days")


# Permissions


def _permissions(connection: Connection, domain: str) -> Iterator[Finding]:
    """Ask for each operation where it finds nothing, and changes nothing therefore."""
    nothing = f"swf-doctor-{uuid.uuid4().hex}"
    kind = {"name": nothing, "version": "1"}
    task_list = {"name": nothing}
    span = {"oldestDate": _EPOCH}
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("list_workflow_types", {"registrationStatus": "REGISTERED", "maximumPageSize": 1}),
        ("list_activity_types", {"registrationStatus": "REGISTERED", "maximumPageSize": 1}),
        ("list_open_workflow_executions", {"startTimeFilter": span, "maximumPageSize": 1}),
        ("list_closed_workflow_executions", {"startTimeFilter": span, "maximumPageSize": 1}),
        ("count_pending_decision_tasks", {"taskList": task_list}),
        ("describe_workflow_type", {"workflowType": kind}),
        ("describe_workflow_execution", {"execution": {"workflowId": nothing, "runId": nothing}}),
        ("start_workflow_execution", {"workflowId": nothing, "workflowType": kind}),
        ("signal_workflow_execution", {"workflowId": nothing, "signalName": nothing}),
        ("request_cancel_workflow_execution", {"workflowId": nothing}),
        ("terminate_workflow_execution", {"workflowId": nothing}),
        ("deprecate_workflow_type", {"workflowType": kind}),
    )
    refused = []
    for operation, params in asked:
        try:
            connection.call(operation, domain=domain, **params)
        except (OperationNotPermittedError, InvalidCredentialsError) as error:
            refused.append(error)
        except DoesNotExistError:
            continue
        except SWFError as error:
            yield _failed(f"asks: {operation}", error)
    yield from map(_denied, refused)
    allowed = len(asked) - len(refused)
    yield Finding("permissions", "ok", f"{allowed} of {len(asked)} operations that were tried are allowed")


def _denied(error: ResponseError) -> Finding:
    return Finding("permissions", "failed", f"{error.operation} is not allowed", error.remedy, error)


# Quotas


def _quotas(connection: Connection, domain: Domain) -> Iterator[Finding]:
    quotas = limits_of("relaxed")
    types = chain(
        _rows(connection, "list_workflow_types", "typeInfos", domain=domain.name),
        _rows(connection, "list_activity_types", "typeInfos", domain=domain.name),
    )
    yield from _quota("quota: types", quotas.types, lambda: _number(types, quotas.types))
    yield from _quota("quota: executions", quotas.open_executions, domain.executions.count)


def _rows(connection: Connection, operation: str, key: str, **params: Any) -> Iterator[Any]:
    """Give what is registered and what is deprecated: both count."""
    for status in ("REGISTERED", "DEPRECATED"):
        yield from chain.from_iterable(connection.rows(operation, key, registrationStatus=status, **params))


def _number(things: Iterator[Any], most: float) -> Count:
    """Return how many things there are, reading no more than a quota allows."""
    return Count(sum(1 for _ in islice(things, int(most))))


def _quota(name: str, most: float, count: Callable[[], Count]) -> Iterator[Finding]:
    """Count what a quota is for; says nothing where that may not be listed."""
    try:
        used = count()
    except OperationNotPermittedError:
        return
    except SWFError as error:
        yield _failed(name, error)
        return
    number = f"{int(used):,} or more (SWF counts no further)" if used.truncated else f"{int(used):,}"
    said = f"{number} of {int(most):,}, which an account has unless it asked for more"
    if used >= NEAR * most:
        yield Finding(name, "warning", said, "Deprecate or close what is not needed, or ask AWS for a higher quota.")
    else:
        yield Finding(name, "ok", said)
