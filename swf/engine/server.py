"""Engines served over HTTP by uvicorn, in the foreground until a signal comes or in a thread."""

import asyncio
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self, cast

from swf.engine import protocol
from swf.engine.application import LOCAL_HOSTS, PATIENCE_SECONDS, Application
from swf.engine.protocol import Fault
from swf.engine.regions import Regions
from swf.exceptions import ConfigurationError, MissingExtraError

try:
    import h11
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ModuleNotFoundError as error:
    raise MissingExtraError("The SWF server", "server") from error

# Longer than SDKs keep a connection that they do not use: they close it, and never find it closed.
KEEPALIVE_SECONDS = 75
# How long requests in progress may take to end when the server stops.
GRACE_SECONDS = 5


class Server:
    """An SWF over HTTP, on a socket that is bound at once.

    As a context manager it serves in a thread of its own, until the block is left.

    Args:
        regions: The engines that answer; whoever opened them closes them.
        host: The address to listen on. Any but this machine's own demands keys.
        port: 0 picks a free one.
        keys: Secrets by access key id. With any, every request needs a signature of one.
        keepalive: Whether a connection serves more than one request.
        patience_seconds: How long a client may take to send a request's head, and again its body.

    Raises:
        ConfigurationError: The address or the port cannot be had, or the address is open to others and there are no
            keys.
    """

    def __init__(
        self,
        regions: Regions,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Mapping[str, str] | None = None,
        keepalive: bool = True,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        if not host:
            raise ConfigurationError("The address to listen on is empty. Give one, such as 127.0.0.1, or leave it out.")
        local = is_local(host)
        if not local and not keys:
            raise ConfigurationError(
                f"Whoever reaches {host} could use this server. Give access keys, with which requests must be signed."
            )
        self._socket = _bound(host, port)
        self._application = Application(
            regions,
            keys=keys,
            hosts=LOCAL_HOSTS | {host.lower()} if local else None,
            keepalive=keepalive,
            patience_seconds=patience_seconds,
        )
        self._server = _Uvicorn(self._application)
        self._thread: threading.Thread | None = None
        self.url = _url(host, self._socket.getsockname()[1])

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGINT or SIGTERM comes, or `stop` is called from another thread.

        Args:
            on_ready: Called when requests are answered.
        """
        self._server.on_ready = on_ready
        with self._socket:
            asyncio.run(self._server.serve(sockets=[self._socket]))

    def stop(self) -> None:
        """End polls, answer what is in progress, and serve no more."""
        self._server.should_exit = True

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self.run, args=(ready.set,), name="swf-server", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()


def is_local(host: str) -> bool:
    """Tell whether an address can be reached from this machine alone."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def allow_many_connections() -> None:
    """Let this process have as many connections as the system grants it; often it begins with about a thousand."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _bound(host: str, port: int) -> socket.socket:
    # asyncio sends small answers at once only on sockets that are said to be TCP's.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except (OSError, OverflowError) as error:
        bound.close()
        said = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"Port {port} of {host} cannot be listened on: {said}. Choose another one; 0 picks a free one."
        ) from error
    return bound


def _url(host: str, port: int) -> str:
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


class _Connection(h11.Connection):
    """Holds the head of an answer back until its body begins: both are one packet, and wake whoever reads it once.

    See: https://asgi.readthedocs.io/en/latest/specs/www.html#response-start-send-event
    """

    _head: tuple[bytes, ...] = ()

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        data = super().send_with_data_passthrough(event)
        if isinstance(event, h11.Response):
            self._head, data = tuple(data or ()), []
        elif data is not None:
            data, self._head = [*self._head, *data], ()
        return data


class _Protocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever for a request's head."""

    _head_due: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.conn = _Connection(h11.SERVER)
        self._patience_seconds = cast(Application, self.config.app).patience_seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_due = self.loop.call_later(self._patience_seconds, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        idle = self.cycle is None or self.cycle.response_complete
        if not idle:
            self._forget_head()
        elif self._head_due is None:
            self._head_due = self.loop.call_later(self._patience_seconds, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Tell what is wrong with a request that cannot even be read, as SWF tells of others; and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = protocol.refusal(Fault("SerializationException", msg))
            headers = [*answer.headers.items(), ("Connection", "close")]
            self.conn.send(h11.Response(status_code=answer.status, headers=headers, reason=b"Bad Request"))
            self.transport.write(self.conn.send(h11.Data(data=answer.body)) or b"")
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: Java's client offers HTTP/2 with its first request, and is as well served without."""

    def _forget_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None


class _Uvicorn(uvicorn.Server):
    """uvicorn that ends polls before it waits for their answers, and takes a signal for a wish, not for a failure."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                loop="asyncio",
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEPALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._application = application
        self.on_ready: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._application.stop()
        await super().shutdown(sockets)
        # Those that came while it stopped, and those whose answer took too long.
        for connection in tuple(self.server_state.connections):
            cast(_Protocol, connection).transport.abort()
        await asyncio.sleep(0)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: Any) -> None:
        # Whoever asks twice does not want to wait.
        self.force_exit = self.should_exit
        self.should_exit = True
