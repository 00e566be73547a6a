"""Tags of domains.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dev-adv-tags-domains.html
"""

import re
from collections.abc import Sequence

from swf.engine import limits
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import Fault, invalid, unknown_resource
from swf.engine.transaction import Transaction

_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")


@operation
def tag_resource(transaction: Transaction, request: Request) -> Output:
    """Add tags to a domain; a key that is there gets the new value."""
    require_allowed(request["tags"])
    add(transaction, _domain(transaction, request["resourceArn"]), request["tags"])
    return None


@operation
def untag_resource(transaction: Transaction, request: Request) -> Output:
    """Remove tags from a domain; keys that are not there are passed over."""
    domain = _domain(transaction, request["resourceArn"])
    for key in request["tagKeys"]:
        transaction.store.execute("DELETE FROM domain_tag WHERE domain = ? AND key = ?", domain, key)
    return None


@operation
def list_tags_for_resource(transaction: Transaction, request: Request) -> Output:
    """List the tags of a domain, by key."""
    domain = _domain(transaction, request["resourceArn"])
    rows = transaction.store.rows("SELECT key, value FROM domain_tag WHERE domain = ? ORDER BY key", domain)
    return {"tags": [{"key": key} if value is None else {"key": key, "value": value} for key, value in rows]}


def require_allowed(tags: Sequence[dict[str, str]]) -> None:
    """Refuse tags with characters that tags may not have."""
    for tag in tags:
        for text in tag.values():
            if not _ALLOWED.fullmatch(text):
                raise invalid(f"Tag {tag['key']!r} contains a character that is not allowed: {text!r}")


def add(transaction: Transaction, domain: str, tags: Sequence[dict[str, str]]) -> None:
    """Give tags to a domain, unless it would have too many."""
    for tag in tags:
        transaction.store.execute(
            "INSERT OR REPLACE INTO domain_tag VALUES (?, ?, ?)", domain, tag["key"], tag.get("value")
        )
    count = transaction.store.value("SELECT count(*) FROM domain_tag WHERE domain = ?", domain)
    if count > limits.TAGS_PER_RESOURCE:
        raise Fault(
            "TooManyTagsFault", f"A resource may have {limits.TAGS_PER_RESOURCE} tags, {domain} would have {count}"
        )


def _domain(transaction: Transaction, arn: str) -> str:
    """Give the name of the domain an ARN stands for."""
    parts = re.fullmatch(r"arn:aws[^:]*:swf:[^:]*:[^:]*:/domain/(.+)", arn)
    if parts is None:
        raise invalid(f"Invalid resource ARN: {arn}")
    name = parts[1]
    if arn != transaction.arn_prefix + name:
        raise unknown_resource(f"Unknown resource: {arn}")
    transaction.require_domain(name)
    return name
