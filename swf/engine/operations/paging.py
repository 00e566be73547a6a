"""Page sizes and page tokens.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-using-swf-api.html
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from swf.engine.operations.registry import Request
from swf.engine.protocol import Text, render, render_members
from swf.engine.tokens import PageToken
from swf.engine.transaction import Transaction


def page_size(transaction: Transaction, request: Request) -> int:
    """Return how many items fit on a page; none asked for, or 0, is as many as the engine gives at most."""
    return min(request.get("maximumPageSize") or transaction.largest_page, transaction.largest_page)


def position(transaction: Transaction, operation: str, request: Request) -> tuple[Any, ...] | None:
    """Give where this page begins; None is the beginning."""
    token = request.get("nextPageToken")
    if not token:
        return None
    return transaction.tokens.read_page(token, operation, _asked(request), transaction.now).position


def next_token(transaction: Transaction, operation: str, request: Request, *at: Any) -> str:
    """Return the token of the page that begins after ``at``."""
    return transaction.tokens.page(PageToken(operation, _asked(request), transaction.now, at))


# A page may have another size than the one before it, and somebody else may ask for it.
_FREE = frozenset({"nextPageToken", "maximumPageSize", "identity"})


def _asked(request: Request) -> str:
    """Return what tells a listing from others: with other arguments the place of a token would be one of nowhere.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
    """
    kept = {name: _normal(value) for name, value in request.items() if name not in _FREE and value}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def _normal(value: Any) -> Any:
    """Return a value in one form: 0 and 0.0 are the same time, and what is false or empty is as good as left out."""
    if isinstance(value, dict):
        return {name: _normal(held) for name, held in value.items()}
    return float(value) if isinstance(value, int) else value


def page(member: str, items: Sequence[str], token: str | None) -> Text:
    """Give an answer made of items that are JSON already."""
    members = {member: f"[{','.join(items)}]"}
    if token is not None:
        members["nextPageToken"] = render(token)
    return Text(render_members(members))
