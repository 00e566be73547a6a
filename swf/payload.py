"""A JSON value <-> the text that SWF keeps in ``input``, ``result``, ``details`` and ``control``.

SWF keeps text, 32,768 characters at most, and does not look inside. Here it is JSON unless a codec of yours says
otherwise (`use`). A text goes through as it stands, in both directions: what is no JSON is given back unchanged.

>>> encode({"id": 7})
'{"id":7}'
>>> decode('{"id":7}')
{'id': 7}
>>> encode("as it stands"), decode("as it stands")
('as it stands', 'as it stands')

None is absent: `encode` gives None, which sends no member, and never the text ``null``.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from swf.checks import of_kind
from swf.exceptions import ValidationError


class Codec(Protocol):
    """Turns values into text and back: compression, encryption, storage elsewhere."""

    def encode(self, value: Any) -> str:
        """Give the text that stands for the value. Never called with None."""
        ...

    def decode(self, text: str) -> Any:
        """Give the value that the text stands for. Never called with None."""
        ...


class JSONCodec:
    """JSON without spaces; text that is no JSON stays text."""

    def encode(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        try:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValidationError(
                f"{type(value).__name__} {value!r:.80} cannot be written as JSON: {error}. "
                "Give text or a JSON value, or set a codec that can: swf.payload.use(codec)."
            ) from error

    def decode(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text


_codec: ContextVar[Codec | None] = ContextVar("swf.payload codec", default=None)
_process_wide: list[Codec] = [JSONCodec()]


def encode(value: Any) -> str | None:
    """Give the text to send for a value; None stays None.

    Raises:
        ValidationError: The codec cannot write the value.
    """
    return None if value is None else codec().encode(value)


def decode(text: str | None) -> Any:
    """Give the value of a text that SWF keeps; None stays None.

    Raises:
        ValidationError: It is no text: decoded already, maybe.
    """
    if text is None:
        return None
    return codec().decode(of_kind(text, str, "text", "Give what SWF holds, before it was decoded."))


def codec() -> Codec:
    """Give the codec in force here."""
    return _codec.get() or _process_wide[-1]


def set_codec(codec: Codec) -> None:
    """Use this codec in the whole process, from now on.

    Raises:
        ValidationError: It is no codec.
    """
    _process_wide[:] = [_checked(codec)]


@contextmanager
def use(codec: Codec) -> Iterator[Codec]:
    """Use this codec inside a ``with`` block, in this thread or task only."""
    token = _codec.set(_checked(codec))
    try:
        yield codec
    finally:
        _codec.reset(token)


def _checked(codec: Codec) -> Codec:
    methods = (getattr(codec, name, None) for name in ("encode", "decode"))
    if isinstance(codec, type) or not all(map(callable, methods)):
        raise ValidationError(
            f"{codec!r:.80} is no codec. Give an object with the methods encode(value) and decode(text)."
        )
    return codec
