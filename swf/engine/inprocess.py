"""A boto3 client answered by an engine of this process: real requests and answers, and no socket."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from botocore.awsrequest import AWSResponse, HeadersDict

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_swf import SWFClient

    from swf.engine.service import Engine


_EVENT = "before-send.swf"
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

    # botocore calls every handler it has, and takes the first answer: two would do everything twice.
    client.meta.events.unregister(_EVENT, unique_id=_OURS)
    client.meta.events.register(_EVENT, cast(Any, send), unique_id=_OURS)
