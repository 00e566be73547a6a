"""Engines as an ASGI application: SWF's protocol under ``/``, control under ``/_swf/``.

A long poll waits without a thread: it is a coroutine until a task wakes it. A poll whose connection has gone takes no
task. Requests of web pages are refused, unless the page is the server's own.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import attrs

from swf.engine import control, protocol
from swf.engine.protocol import Answer, Fault
from swf.engine.regions import Regions
from swf.engine.service import Engine, Poll
from swf.engine.signatures import SignatureCheck
from swf.exceptions import EngineError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# SWF takes a request of 1 MB, its headers included.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
REQUEST_BYTES = 1024 * 1024
# What is more is thrown away up to here, for a client that is cut off while it sends never reads its answer.
_DISCARDED_BYTES = 16 * REQUEST_BYTES
PATIENCE_SECONDS = 30.0

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# What a client sends to a proxy, and every server has to understand.
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)

_REGION = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/,\s]+)/")
_AWS_REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+")


@attrs.frozen
class HTTPRequest:
    """A request as it came, its body read.

    Attributes:
        headers: By names in lower case; the values of one that came twice are joined by commas.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def region(self) -> str | None:
        """The region that its signature is for; None when it has none.

        boto 2 takes a part of the endpoint's host name for the region, which is right for AWS's own endpoints. For
        others it is no region that anybody chose: `localhost`, or the `0` of `127.0.0.1`.
        """
        found = _REGION.search(self.headers.get("authorization", ""))
        if found is None:
            return None
        region = found[1]
        host = _name(f"//{self.headers.get('host', '')}") or ""
        return None if region in host.split(".") and not _AWS_REGION.fullmatch(region) else region


class Application:
    """SWF over HTTP.

    Args:
        regions: The engines that answer.
        keys: Secrets by access key id. With any, every request but that for the health needs a signature of one.
        hosts: The names this server may be called by. None allows every name.
        keepalive: Whether a connection serves more than one request.
        patience_seconds: How long a client may take to send a request's head, and again its body.
    """

    def __init__(
        self,
        regions: Regions,
        *,
        keys: Mapping[str, str] | None = None,
        hosts: frozenset[str] | None = LOCAL_HOSTS,
        keepalive: bool = True,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.regions = regions
        self.patience_seconds = patience_seconds
        self._check = SignatureCheck(keys) if keys else None
        self._hosts = hosts
        self._keepalive = keepalive
        self._is_stopping = False
        self._reading: set[asyncio.Timeout] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = _head(scope)
        try:
            answer = await self._answer(request, receive)
        except Fault as fault:
            answer = protocol.refusal(fault)
        if answer is not None:
            await _reply(send, answer, request, close=not self._keepalive or answer.status in (408, 413, 503))

    def stop(self) -> None:
        """End all polls, those that still come too, and wait for no more of a body; called on the event loop.

        Polls answer that there is no task.
        """
        self._is_stopping = True
        for patience in self._reading:
            if not patience.expired():
                patience.reschedule(0)
        self.regions.end_polls()

    async def _answer(self, head: HTTPRequest, receive: Receive) -> Answer | None:
        """Give the answer, or None when nobody is there any more to read it."""
        body = await self._body(head, receive)
        if body is None:
            return None
        request = attrs.evolve(head, body=body)
        _refuse_pages(request, self._hosts)
        if self._check is not None and request.path != control.HEALTH:
            self._check(request.method, request.path, request.query, request.headers, request.body)
        if request.path.startswith(control.ROOT):
            return await self._control(request)
        if request.method != "POST" or request.path != "/":
            raise Fault(
                "UnknownOperationException",
                f"{request.method} {request.path} is nothing that SWF knows. Every operation is a POST to /.",
                status=404,
            )
        return await self._operation(request, receive)

    async def _body(self, head: HTTPRequest, receive: Receive) -> bytes | None:
        """Read a body, within the time there is for it; None when the connection ends before it."""
        try:
            async with asyncio.timeout(0 if self._is_stopping else self.patience_seconds) as patience:
                self._reading.add(patience)
                try:
                    return await _body(head, receive)
                finally:
                    self._reading.discard(patience)
        except TimeoutError:
            if self._is_stopping:
                raise Fault("ServiceUnavailableException", "The server stops; ask the next one.", status=503) from None
            raise Fault(
                "RequestTimeoutException", f"The body did not come within {self.patience_seconds:g} s.", status=408
            ) from None

    async def _control(self, request: HTTPRequest) -> Answer:
        region = control.region(request.query) or request.region
        return await control.answer(self._engine(region), request.method, request.path, request.body)

    async def _operation(self, request: HTTPRequest, receive: Receive) -> Answer | None:
        target = request.headers.get("x-amz-target", "")
        try:
            return await self._ask(self._engine(request.region), target, request.body, receive)
        except EngineError as error:
            raise Fault("ServiceUnavailableException", str(error), status=503) from error

    def _engine(self, region: str | None) -> Engine:
        try:
            return self.regions.engine(region)
        except EngineError as error:
            raise Fault("ServiceUnavailableException", str(error), status=503) from error

    async def _ask(self, engine: Engine, target: str, body: bytes, receive: Receive) -> Answer | None:
        stirred = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # A task may come while the server ends, for a poll that has left.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(stirred.set)

        asked = engine.begin(target, body, wake)
        if isinstance(asked, Answer):
            return asked
        with asked:
            if self._is_stopping:
                return asked.idle
            return await _held(asked, stirred, receive, engine.poll_wait_seconds)


async def _held(poll: Poll, stirred: asyncio.Event, receive: Receive, seconds: float) -> Answer | None:
    """Wait until a poll has its answer; None when its connection has gone, and then it took no task."""
    gone = asyncio.create_task(_gone(receive))
    gone.add_done_callback(lambda _: stirred.set())
    until = asyncio.get_running_loop().time() + seconds
    try:
        while True:
            stirred.clear()
            await _let_sockets_speak()
            if gone.done():
                return None
            answer = poll.look()
            if answer is not None:
                return answer
            async with asyncio.timeout_at(until):
                await stirred.wait()
    except TimeoutError:
        return poll.idle
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    """Wait until the connection has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _let_sockets_speak() -> None:
    """Let the loop hear of connections that have gone: one turn reads the end, the next one tells the request of it."""
    for _ in range(3):
        await asyncio.sleep(0)


# Requests and answers


def _head(scope: Message) -> HTTPRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path = scope["path"]
    if absolute := _ABSOLUTE.fullmatch(path):
        # It is this host that the request is for, whatever the header says: RFC 9112, 3.2.2.
        headers["host"], path = absolute[1], absolute[2] or "/"
    return HTTPRequest(scope["method"], path, scope["query_string"].decode("latin-1"), headers)


async def _body(request: HTTPRequest, receive: Receive) -> bytes | None:
    """Read a body; None when the connection ends before it."""
    room = REQUEST_BYTES - sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    kept, size = bytearray(), 0
    while size <= _DISCARDED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message["body"])
        if size <= room:
            kept += message["body"]
        if not message.get("more_body"):
            break
    if size > room:
        raise Fault(
            "RequestEntityTooLargeException", f"A request may have {REQUEST_BYTES} bytes, its headers included.", 413
        )
    return bytes(kept)


def _refuse_pages(request: HTTPRequest, hosts: frozenset[str] | None) -> None:
    """Refuse what a web page of elsewhere had a browser send."""
    host = request.headers.get("host")
    if hosts is not None and host is not None and _name(f"//{host}") not in hosts:
        raise Fault(
            "AccessDeniedException",
            f"This server answers for {', '.join(sorted(hosts))}, and the request is for {host!r}. Use one of them.",
            status=403,
        )
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        raise Fault(
            "AccessDeniedException", f"A page of {origin!r} may not use this server: it is none of its own.", status=403
        )


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


async def _reply(send: Send, answer: Answer, request: HTTPRequest, *, close: bool) -> None:
    headers = {**answer.headers, "Content-Type": protocol.content_type(request.headers.get("content-type", ""))}
    if close:
        headers["Connection"] = "close"
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
