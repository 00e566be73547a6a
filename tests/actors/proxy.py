"""A bad network: between clients and a server, requests and answers are dropped, delayed, sent twice and cut off."""

import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class BadNetwork:
    """Passes HTTP requests on to a server, and spoils some of them.

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
        self._address = (urlsplit(url).hostname, urlsplit(url).port)
        self._share = share
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.faults: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        for connection in tuple(self._open):
            connection.close()

    def heal(self) -> None:
        """Spoil nothing from now on."""
        self._share = 0

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

    def _asked(self, request: bytes) -> bytes:
        with socket.create_connection(self._address, timeout=90) as server:
            server.sendall(request)
            return _message(server)


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
