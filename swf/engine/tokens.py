"""Task tokens and page tokens: opaque to clients, signed so that none can be made up."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

import attrs

from swf.engine.protocol import Fault, invalid

SECOND = 1000
DAY = 24 * 60 * 60 * SECOND

# AWS's text says a day of all operations. Of decision tasks AWS's own staff said a minute, and a decider that reads its
# pages in that time is right either way.
_LIFETIMES = {"PollForDecisionTask": 60 * SECOND}


@attrs.frozen
class TaskToken:
    """Which attempt at which task of which run a token stands for."""

    kind: str
    run: int
    scheduled_event_id: int
    started_event_id: int


@attrs.frozen
class PageToken:
    """Where the next page of a listing begins.

    Attributes:
        operation: The operation that lists.
        asked: What tells its other arguments from those of other requests: they have to be the same for each page.
        made: When it was made, in milliseconds.
        position: Where the page before ended.
    """

    operation: str
    asked: str
    made: int
    position: tuple[Any, ...]


class Tokens:
    """Makes and reads the tokens of one database."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def task(self, token: TaskToken) -> str:
        """Give the token of an attempt."""
        return self._sign([token.kind, token.run, token.scheduled_event_id, token.started_event_id])

    def read_task(self, text: str, kind: str) -> TaskToken:
        """Give what a task token stands for; one that was not made here is refused."""
        parts = self._verify(text)
        if len(parts) != 4 or parts[0] != kind:
            raise _bad_token()
        return TaskToken(*parts)

    def page(self, token: PageToken) -> str:
        """Give the token of a page."""
        return self._sign(["page", token.operation, token.asked, token.made, list(token.position)])

    def read_page(self, text: str, operation: str, asked: str, now: int) -> PageToken:
        """Return what a page token stands for.

        One of another operation or with other arguments, made elsewhere or too old is refused.
        """
        parts = self._verify(text)
        if len(parts) != 5 or parts[:3] != ["page", operation, asked]:
            raise _bad_token()
        if now - parts[3] > _LIFETIMES.get(operation, DAY):
            raise invalid("Specified token has exceeded its maximum lifetime")
        return PageToken(operation, asked, parts[3], tuple(parts[4]))

    def _sign(self, parts: list[Any]) -> str:
        # Names are kept as they are: escaped, the longest would not fit into a page token of 2048 characters.
        text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
        return base64.b64encode(self._signature(text) + text).decode()

    def _verify(self, token: str) -> list[Any]:
        try:
            data = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raise _bad_token() from None
        signature, text = data[:16], data[16:]
        if not hmac.compare_digest(signature, self._signature(text)):
            raise _bad_token()
        parts: list[Any] = json.loads(text)
        return parts

    def _signature(self, text: bytes) -> bytes:
        return hmac.new(self._secret, text, hashlib.sha256).digest()[:16]


def _bad_token() -> Fault:
    return invalid("Invalid token")
