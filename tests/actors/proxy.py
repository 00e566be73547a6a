"""What stands between clients and a server: a bad network, or a proxy that changes answers."""

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit


class Between:
    """Passes HTTP requests on to a server.

    Args:
        url: The server.
    """

    def __init__(self, url: str) -> None:
        self._address = (urlsplit(url).hostname, urlsplit(url).port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        for connection in tuple(self._open):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with connection, suppress(OSError):
            while request := _message(connection):
                if not self._pass_on(connection, request):
                    break
        self._open.discard(connection)

    def _pass_on(self, connection: socket.socket, request: bytes) -> bool:
        """Pass a request on; tells whether the connection is to go on."""
        connection.sendall(self._asked(request))
        return True

    def _asked(self, request: bytes) -> bytes:
        with socket.create_connection(self._address, timeout=90) as server:
            server.sendall(request)
            return _message(server)


class Meddling(Between):
    """Passes requests on, and changes what is answered, as some proxies and portals do.

    Args:
        url: The server.
        change: Is given the operation, the request and the answer, and gives the body to answer with; None leaves the
            answer as it is.
    """

    def __init__(self, url: str, change: Callable[[str, dict[str, Any], dict[str, Any]], bytes | None]) -> None:
        super().__init__(url)
        self._change = change

    def _pass_on(self, connection: socket.socket, request: bytes) -> bool:
        answer = self._asked(request)
        status, _, body = answer.partition(b"\r\n")
        if b" 200 " in status:
            operation = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"x-amz-target"))
            asked, answered = (json.loads(each.partition(b"\r\n\r\n")[2] or b"{}") for each in (request, body))
            changed = self._change(operation.rpartition(b".")[2].decode(), asked, answered)
            if changed is not None:
                answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(changed), changed)
        connection.sendall(answer)
        return True


class BadNetwork(Between):
    """Drops, delays, cuts off and sends twice some of the requests and answers.

    - ``refused``: the connection is closed, the request never arrives;
    - ``lost``: the request arrives, its answer does not;
    - ``late``: the answer comes after a while;
    - ``twice``: the request arrives twice; the second answer is passed on;
    - ``cut``: half of the answer comes;
    - ``garbled``: the answer is a proxy's error page.

    Args:
        url: The server.
        share: Which share of the requests is spoilt, from 0 to 1.
        seed: Which ones.
    """

    FAULTS = ("refused", "lost", "late", "twice", "cut", "garbled")

    def __init__(self, url: str, *, share: float, seed: int) -> None:
        super().__init__(url)
        self._share = share
        self._random = random.Random(seed)
        self.faults: Counter[str] = Counter()

    def heal(self) -> None:
        """Spoil nothing from now on."""
        self._share = 0

    def _pass_on(self, connection: socket.socket, request: bytes) -> bool:
        """Pass a request on; tells whether the connection is to go on."""
        fault = self._fault()
        if fault == "refused":
            return False
        answer = self._asked(request)
        match fault:
            case "lost":
                return False
            case "late":
                time.sleep(0.3)
            case "twice":
                answer = self._asked(request)
            case "cut":
                connection.sendall(answer[: len(answer) // 2])
                return False
            case "garbled":
                connection.sendall(
                    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<html"
                )
                return True
        connection.sendall(answer)
        return True

    def _fault(self) -> str | None:
        with self._lock:
            if self._random.random() >= self._share:
                return None
            fault = self._random.choice(self.FAULTS)
            self.faults[fault] += 1
            return fault


def _message(connection: socket.socket) -> bytes:
    """Read a request or an answer, head and body; nothing when the connection has ended."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0]) if lengths else 0
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body
