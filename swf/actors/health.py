"""How actors fare, told over HTTP: for load balancers, container platforms and people.

>>> import urllib.request
>>> from swf.actors import ActivityWorker
>>> from swf.models import Domain
>>> shop = Domain("shop", retention_period=1)
>>> shop.save()
>>> class Packer(ActivityWorker):
...     def perform(self, task):
...         return "packed"
>>> packer = Packer(shop, "packing")
>>> with HealthServer(lambda: report_on(packer)) as server, packer:
...     with urllib.request.urlopen(f"{server.url}/health") as answer:
...         answer.status
200
"""

import json
import logging
import socketserver
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import AF_INET6
from types import TracebackType
from typing import Any, Self

import attrs

from swf.actors.core import Actor
from swf.exceptions import ConfigurationError

_log = logging.getLogger(__name__)

PATH = "/health"


@attrs.frozen
class Report:
    """How something fares.

    Attributes:
        is_well: Whether it does what it is there for.
        details: What is told beside, JSON.
    """

    is_well: bool
    details: Mapping[str, Any]


def report_on(*actors: Actor[Any]) -> Report:
    """Tell how actors fare; they are well while each of them runs and its last poll was answered."""
    is_well = all(actor.state is Actor.STATES.RUNNING and not actor.failures for actor in actors)
    return Report(is_well, {"actors": [_told(actor) for actor in actors]})


def _told(actor: Actor[Any]) -> dict[str, Any]:
    return {
        "actor": type(actor).__name__,
        "domain": actor.domain.name,
        "task_list": actor.task_list,
        "state": actor.state.value,
        "in_hand": len(actor.in_hand),
        "failures": actor.failures,
        "ended_by": None if actor.ended_by is None else str(actor.ended_by),
    }


class HealthServer:
    """Answers ``GET /health`` with 200 while what it reports on is well, else with 503, on a thread of its own.

    The answer is a JSON object: ``status`` is ``ok`` or ``failing``, beside it are the report's details.

    Args:
        report: Says how it is now; called for each request, in a thread.
        host: Listens here.
        port: 0 picks a free one.

    Raises:
        ConfigurationError: There it cannot listen.
    """

    def __init__(self, report: Callable[[], Report], host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _bound(host, port)
        self._server.report = report
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="swf-health", daemon=True)
        at = f"[{host}]" if ":" in host else host
        self.url = f"http://{at}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    """Not http.server's own, which asks DNS for its name before it listens."""

    allow_reuse_address = True
    daemon_threads = True
    report: Callable[[], Report]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever asks may hang up.
        _log.debug("A request of %s could not be answered", client_address, exc_info=True)


class _SixServer(_Server):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    # Seconds that a request may take to arrive.
    timeout = 10

    def do_GET(self) -> None:
        self._answer(*self._found())

    def do_HEAD(self) -> None:
        status, _ = self._found()
        self._answer(status, None)

    def _found(self) -> tuple[HTTPStatus, Mapping[str, Any]]:
        if self.path.partition("?")[0] != PATH:
            return HTTPStatus.NOT_FOUND, {"error": f"There is only {PATH}."}
        report = self.server.report()
        status = HTTPStatus.OK if report.is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return status, {"status": "ok" if report.is_well else "failing", **report.details}

    def _answer(self, status: HTTPStatus, said: Mapping[str, Any] | None) -> None:
        body = b"" if said is None else json.dumps(said).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)


def _bound(host: str, port: int) -> _Server:
    kind = _SixServer if ":" in host else _Server
    try:
        return kind((host, port), _Handler)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"Port {port} of {host} cannot be listened on: {said}. Choose another one; 0 picks a free one."
        ) from error
