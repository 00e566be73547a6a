"""A boto3 client answered by an engine of this process: real requests and answers, and no socket."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse, HeadersDict

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_swf import SWFClient

    from swf.engine.service import Engine


_OURS = "swf-engine"


class _Body:
    """An answer's body, as botocore reads one from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, amount: int = 0, **_: Any) -> Iterator[bytes]:
        """Give the whole body at once."""
        yield self._body


def attach(engine: "Engine", client: "SWFClient") -> None:
    """Have the engine answer every request of a client, in the place of one that did before."""

    def send(request: "AWSPreparedRequest", **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        body = request.body or b""
        answer = engine.handle(
            target.decode() if isinstance(target, bytes) else target,
            body if isinstance(body, bytes) else str(body).encode(),
        )
        return AWSResponse(request.url, answer.status, cast(Any, HeadersDict(answer.headers)), _Body(answer.body))

    handlers: dict[str, Callable[..., Any]] = {"before-send.swf": send, "choose-signer.swf": _unsigned}
    for event, handler in handlers.items():
        # botocore calls every handler it has, and takes the first answer: two would do everything twice.
        unique_id = f"{_OURS}-{event}"
        client.meta.events.unregister(event, unique_id=unique_id)
        client.meta.events.register(event, cast(Any, handler), unique_id=unique_id)


def _unsigned(**_: Any) -> object:
    """Have requests go unsigned: nobody checks them here, and signing is a sixth of a request's time."""
    return UNSIGNED
