"""Domains: register, describe, list, deprecate, undeprecate."""

from typing import Any

from swf.constants import DEPRECATED, REGISTERED
from swf.engine import limits
from swf.engine.operations import paging, tags
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import Fault, render
from swf.engine.transaction import Transaction


@operation
def register_domain(transaction: Transaction, request: Request) -> Output:
    """Make a domain; its name is taken for good, also when it is deprecated."""
    name = request["name"]
    tags.require_allowed(request.get("tags", []))
    if transaction.store.value("SELECT 1 FROM domain WHERE name = ?", name):
        raise Fault("DomainAlreadyExistsFault", name)
    most = transaction.limits.domains
    if transaction.has_reached(most, "SELECT count(*) FROM domain"):
        raise limits.exceeded("domains, registered and deprecated", most)
    transaction.store.execute(
        "INSERT INTO domain VALUES (?, ?, ?, ?)",
        name,
        REGISTERED,
        request.get("description"),
        request["workflowExecutionRetentionPeriodInDays"],
    )
    tags.add(transaction, name, request.get("tags", []))
    return None


@operation
def describe_domain(transaction: Transaction, request: Request) -> Output:
    """Tell all about a domain, deprecated or not."""
    transaction.require_domain(request["name"])
    row = transaction.store.row("SELECT * FROM domain WHERE name = ?", request["name"])
    return {
        "domainInfo": _info(transaction, row),
        "configuration": {"workflowExecutionRetentionPeriodInDays": row["retention"]},
    }


@operation
def list_domains(transaction: Transaction, request: Request) -> Output:
    """List the domains of a status, by name."""
    reverse = request.get("reverseOrder", False)
    after = paging.position(transaction, "ListDomains", request)
    size = paging.page_size(transaction, request)
    comparison, order = ("<", "DESC") if reverse else (">", "ASC")
    following = f"AND name {comparison} ?" if after else ""
    rows = transaction.store.rows(
        f"SELECT * FROM domain WHERE status = ? {following} ORDER BY name {order} LIMIT ?",
        request["registrationStatus"],
        *(after or ()),
        size + 1,
    )
    token = paging.next_token(transaction, "ListDomains", request, rows[size - 1]["name"]) if len(rows) > size else None
    return paging.page("domainInfos", [render(_info(transaction, row)) for row in rows[:size]], token)


@operation
def deprecate_domain(transaction: Transaction, request: Request) -> Output:
    """Deprecate a domain and every type in it; what runs goes on."""
    name = request["name"]
    if transaction.require_domain(name) == DEPRECATED:
        raise Fault("DomainDeprecatedFault", name)
    transaction.store.execute("UPDATE domain SET status = ? WHERE name = ?", DEPRECATED, name)
    transaction.store.execute(
        "UPDATE type SET status = ?, deprecation_date = ? "
        "WHERE kind IN ('workflow', 'activity') AND domain = ? AND status = ?",
        DEPRECATED,
        transaction.now,
        name,
        REGISTERED,
    )
    return None


@operation
def undeprecate_domain(transaction: Transaction, request: Request) -> Output:
    """Register a deprecated domain again; its types stay deprecated."""
    name = request["name"]
    if transaction.require_domain(name) == REGISTERED:
        raise Fault("DomainAlreadyExistsFault", name)
    transaction.store.execute("UPDATE domain SET status = ? WHERE name = ?", REGISTERED, name)
    return None


def _info(transaction: Transaction, row: Any) -> dict[str, Any]:
    info = {"name": row["name"], "status": row["status"], "arn": transaction.arn_prefix + row["name"]}
    return info if row["description"] is None else {**info, "description": row["description"]}
