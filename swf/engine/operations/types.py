"""Workflow types and activity types: register, describe, list, deprecate, undeprecate, delete."""

import functools
import json
from collections.abc import Callable
from typing import Any

import attrs

from swf import wire
from swf.constants import DEPRECATED, REGISTERED
from swf.engine import limits
from swf.engine.defaults import ActivityDefaults, WorkflowDefaults
from swf.engine.operations import paging
from swf.engine.operations.registry import OPERATIONS, Operation, Output, Request
from swf.engine.protocol import Fault, render, unknown_resource
from swf.engine.transaction import Transaction
from swf.engine.validation import registrable_name
from swf.shapes import TypeId


@attrs.frozen
class Kind:
    """What differs between workflow types and activity types."""

    name: str
    shape: str
    defaults: type

    @property
    def member(self) -> str:
        """The member that names a type of this kind, such as ``workflowType``."""
        return f"{self.name}Type"

    @property
    def settings(self) -> tuple[str, ...]:
        """The members of a registration that Describe answers as configuration."""
        return tuple(member.wire_name for member in wire.members(self.defaults))

    def shown(self, type_id: TypeId) -> str:
        """Show a type as SWF's messages do."""
        return f"{self.shape}=[name={type_id.name}, version={type_id.version}]"


WORKFLOW = Kind("workflow", "WorkflowType", WorkflowDefaults)
ACTIVITY = Kind("activity", "ActivityType", ActivityDefaults)

_WHERE = "kind = ? AND domain = ? AND name = ? AND version = ?"


def for_each_kind(name: str) -> Callable[[Callable[[Kind, Transaction, Request], Output]], Operation]:
    """Make a function the answer to an operation on workflow types and to the same on activity types."""

    def register(function: Callable[[Kind, Transaction, Request], Output]) -> Operation:
        for kind in (WORKFLOW, ACTIVITY):
            OPERATIONS[name.format(kind.shape)] = functools.partial(function, kind)
        return functools.partial(function, WORKFLOW)

    return register


def find(transaction: Transaction, kind: Kind, domain: str, type_id: TypeId) -> Any:
    """Give the row of a type; an unknown one is a fault."""
    transaction.require_domain(domain)
    row = transaction.store.row(f"SELECT * FROM type WHERE {_WHERE}", kind.name, domain, *type_id)
    if row is None:
        raise unknown_resource(f"Unknown type: {kind.shown(type_id)}")
    return row


@for_each_kind("Register{}")
def register_type(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """Register a type; its settings never change afterwards."""
    type_id = TypeId(registrable_name(request["name"]), request["version"])
    limits.require_bounded("defaultExecutionStartToCloseTimeout", request)
    transaction.require_registered_domain(request["domain"])
    if transaction.store.value(f"SELECT 1 FROM type WHERE {_WHERE}", kind.name, request["domain"], *type_id):
        raise Fault("TypeAlreadyExistsFault", kind.shown(type_id))
    _require_room(kind, transaction, request["domain"])
    transaction.store.execute(
        "INSERT INTO type VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
        kind.name,
        request["domain"],
        *type_id,
        REGISTERED,
        request.get("description"),
        transaction.now,
        # A setting that is the empty text is not set.
        render({name: request[name] for name in kind.settings if request.get(name)}),
    )
    return None


@for_each_kind("Describe{}")
def describe_type(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """Tell all about a type, deprecated or not."""
    row = _named(transaction, kind, request)
    return {"typeInfo": _info(kind, row), "configuration": json.loads(row["configuration"])}


@for_each_kind("List{}s")
def list_types(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """List the types of a status, by name and version."""
    operation = f"List{kind.shape}s"
    after = paging.position(transaction, operation, request)
    transaction.require_domain(request["domain"])
    size = paging.page_size(transaction, request)
    comparison, order = ("<", "DESC") if request.get("reverseOrder") else (">", "ASC")
    conditions = ["kind = ?", "domain = ?", "status = ?"]
    values = [kind.name, request["domain"], request["registrationStatus"]]
    if "name" in request:
        conditions.append("name = ?")
        values.append(request["name"])
    if after is not None:
        conditions.append(f"(name, version) {comparison} (?, ?)")
        values.extend(after)
    rows = transaction.store.rows(
        f"SELECT * FROM type WHERE {' AND '.join(conditions)} ORDER BY name {order}, version {order} LIMIT ?",
        *values,
        size + 1,
    )
    last = rows[size - 1] if len(rows) > size else None
    token = None if last is None else paging.next_token(transaction, operation, request, last["name"], last["version"])
    return paging.page("typeInfos", [render(_info(kind, row)) for row in rows[:size]], token)


@for_each_kind("Deprecate{}")
def deprecate_type(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """Deprecate a type: nothing new is started or scheduled with it."""
    row = _named(transaction, kind, request)
    if row["status"] == DEPRECATED:
        raise Fault("TypeDeprecatedFault", kind.shown(_id(row)))
    _change_status(transaction, row, DEPRECATED, transaction.now)
    return None


@for_each_kind("Undeprecate{}")
def undeprecate_type(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """Register a deprecated type again, with the settings it had."""
    row = _named(transaction, kind, request)
    if row["status"] == REGISTERED:
        raise Fault("TypeAlreadyExistsFault", kind.shown(_id(row)))
    _change_status(transaction, row, REGISTERED, None)
    return None


@for_each_kind("Delete{}")
def delete_type(kind: Kind, transaction: Transaction, request: Request) -> Output:
    """Delete a deprecated type; what runs goes on."""
    row = _named(transaction, kind, request)
    if row["status"] == REGISTERED:
        raise Fault(
            "TypeNotDeprecatedFault", "The type is currently registered and cannot be deleted in its current state"
        )
    transaction.store.execute(f"DELETE FROM type WHERE {_WHERE}", kind.name, row["domain"], *_id(row))
    return None


def _require_room(kind: Kind, transaction: Transaction, domain: str) -> None:
    most = transaction.limits.types
    counted = "SELECT count(*) FROM type WHERE kind = ? AND domain = ?"
    if transaction.has_reached(most, counted, kind.name, domain):
        raise limits.exceeded(f"{kind.name} types in the domain {domain}, registered and deprecated", most)


def _named(transaction: Transaction, kind: Kind, request: Request) -> Any:
    reference = request[kind.member]
    return find(transaction, kind, request["domain"], TypeId(reference["name"], reference["version"]))


def _id(row: Any) -> TypeId:
    return TypeId(row["name"], row["version"])


def _change_status(transaction: Transaction, row: Any, status: str, deprecation_date: int | None) -> None:
    transaction.store.execute(
        f"UPDATE type SET status = ?, deprecation_date = ? WHERE {_WHERE}",
        status,
        deprecation_date,
        row["kind"],
        row["domain"],
        *_id(row),
    )


def _info(kind: Kind, row: Any) -> dict[str, Any]:
    members = (
        (kind.member, {"name": row["name"], "version": row["version"]}),
        ("status", row["status"]),
        ("description", row["description"]),
        ("creationDate", row["creation_date"]),
        ("deprecationDate", row["deprecation_date"]),
    )
    return {name: value for name, value in members if value is not None}
