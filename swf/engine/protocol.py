"""AWS JSON 1.0 as SWF speaks it: what goes in, what comes out, and faults.

See: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from swf.engine.clock import to_milliseconds
from swf.models.event import Event
from swf.models.event.base import attributes_key

_CONTENT_TYPE = "application/x-amz-json-1.0"
_FAULT_NAMESPACE = "com.amazonaws.swf.base.model"
_PLATFORM_NAMESPACES = {
    "ValidationException": "com.amazon.coral.validate",
    "ThrottlingException": "com.amazon.coral.availability",
    "SerializationException": "com.amazon.coral.service",
    "UnknownOperationException": "com.amazon.coral.service",
    "InternalFailure": "com.amazon.coral.service",
    "ServiceUnavailableException": "com.amazon.coral.service",
    "RequestTimeoutException": "com.amazon.coral.service",
    "RequestEntityTooLargeException": "com.amazon.coral.service",
    "AccessDeniedException": "com.amazon.coral.service",
    "MissingAuthenticationTokenException": "com.amazon.coral.service",
    "IncompleteSignatureException": "com.amazon.coral.service",
    "UnrecognizedClientException": "com.amazon.coral.service",
    "InvalidSignatureException": "com.amazon.coral.service",
}


def _refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(f"{constant} is no number")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

# Inside texts a quote is escaped, so these can only be members of the answer itself.
_TIMES = re.compile(
    r'(?<!\\)"(closeTimestamp|creationDate|deprecationDate|eventTimestamp|latestActivityTaskTimestamp|startTimestamp)"'
    r":(\d+)"
)


class Fault(Exception):
    """SWF refuses the request: nothing was changed."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> Fault:
    """Give the fault for a request that breaks a rule."""
    return Fault("ValidationException", message)


def unknown_resource(message: str) -> Fault:
    """Give the fault for something that is not there."""
    return Fault("UnknownResourceFault", message)


@attrs.frozen
class Text:
    """An answer that is JSON already."""

    json: str


@attrs.frozen
class Answer:
    """What goes back to the client; the fault's name if it is one."""

    status: int
    body: bytes
    headers: dict[str, str]
    fault: str | None = None


def read(body: bytes) -> dict[str, Any]:
    """Read a request's body; members that are null are absent."""
    try:
        request = _decoder.decode(body.decode() or "{}")
        if b"\\u" in body:
            # Half of a surrogate pair can be escaped in JSON, and is no text.
            json.dumps(request, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Fault("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise Fault("SerializationException", "The request must be a JSON object")
    return request


def render(value: Any) -> str:
    """Write JSON as SWF does: members in order, no spaces, times as seconds in Java's notation.

    Times are milliseconds on the way in.

    >>> render({"startTimestamp": 1504871454307})
    '{"startTimestamp":1.504871454307E9}'
    """
    text = _encoder.encode(value)
    return _TIMES.sub(lambda found: f'"{found[1]}":{_seconds(found[2])}', text)


def _seconds(milliseconds: str) -> str:
    """Print milliseconds as seconds, the way Java prints a double."""
    if len(milliseconds) < 11:
        return str(int(milliseconds) / 1000)
    fraction = milliseconds[1:].rstrip("0") or "0"
    return f"{milliseconds[0]}.{fraction}E{len(milliseconds) - 4}"


def render_event(event: Event) -> str:
    """Write an event of a history, with what is not known of it here."""
    beyond = {} if event.unknown is None else {name: _encoder.encode(held) for name, held in event.unknown.items()}
    return render_members(
        {
            **beyond,
            "eventId": str(event.id),
            "eventTimestamp": _seconds(str(to_milliseconds(event.timestamp))),
            "eventType": f'"{event.name}"',
            attributes_key(event.name): _encoder.encode(event.attributes),
        }
    )


def render_members(members: Mapping[str, str]) -> str:
    """Write an object whose members are JSON already."""
    told = ",".join(f'"{name}":{members[name]}' for name in sorted(members))
    return f"{{{told}}}"


def answer(value: dict[str, Any] | Text | None) -> Answer:
    """Give the answer of an operation; one without output has an empty body."""
    if value is None:
        return _answer(200, "", {})
    return _answer(200, value.json if isinstance(value, Text) else render(value), {})


def refusal(fault: Fault) -> Answer:
    """Give the answer that tells a fault."""
    namespace = _PLATFORM_NAMESPACES.get(fault.code, _FAULT_NAMESPACE)
    # Reported of the service: what says why a request could not be read has a capital letter.
    member = "Message" if fault.code == "SerializationException" else "message"
    text = _encoder.encode({"__type": f"{namespace}#{fault.code}", member: fault.message})
    blamed = "Sender" if fault.status < 500 else "Receiver"
    told = _answer(fault.status, text, {"x-amzn-query-error": f"{fault.code};{blamed}"})
    return attrs.evolve(told, fault=fault.code)


def content_type(asked: str) -> str:
    """Give the content type of an answer: the request's, of the two that SWF's clients have sent over the years."""
    return "application/json" if asked.lower().startswith("application/json") else _CONTENT_TYPE


def _answer(status: int, text: str, headers: dict[str, str]) -> Answer:
    body = text.encode()
    return Answer(
        status,
        body,
        {
            "x-amzn-RequestId": str(uuid.uuid4()),
            "Content-Type": _CONTENT_TYPE,
            "Content-Length": str(len(body)),
            **headers,
        },
    )
