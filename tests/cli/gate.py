"""A gate on the way to a server: whoever has to be in the middle of something waits there, for as long as a test likes.

A delay in its place would be a race with the machine that the tests run on.
"""

import http.client
import threading
from contextlib import closing, suppress
from urllib.parse import urlsplit

from tests.cli.answering import Answers, answering
from tests.cli.waiting import LONG_SECONDS


class Gate:
    """A way to a server where requests of some operations, those whose names begin so, wait until they are let pass.

    Args:
        url: The server.
        held: How the names of the operations begin.
        let: How many requests pass at once.
    """

    def __init__(self, url, held, let=0):
        self._address = urlsplit(url).netloc
        self._held = held
        self._places = threading.Semaphore(let)
        self._has_held = threading.Event()
        self._is_closed = False

    def __enter__(self):
        self._serving = answering(_Passing, gate=self)
        self.url = self._serving.__enter__()
        return self

    def __exit__(self, *error):
        self._is_closed = True
        self.let(1000)
        self._serving.__exit__(*error)

    def let(self, count):
        """Let so many requests more pass."""
        self._places.release(count)

    def wait_until_held(self):
        """Wait until a request waits here."""
        assert self._has_held.wait(LONG_SECONDS), f"no request of {self._held} came"

    def passed(self, operation, headers, body):
        """Give the server's status and body; None when a request has waited to the end."""
        if operation.startswith(self._held) and not self._pass():
            return None
        with closing(http.client.HTTPConnection(self._address, timeout=LONG_SECONDS)) as server:
            server.request("POST", "/", body, dict(headers.items()))
            answer = server.getresponse()
            return answer.status, answer.read()

    def _pass(self):
        if not self._places.acquire(blocking=False):
            self._has_held.set()
            self._places.acquire()
        return not self._is_closed


class _Passing(Answers):
    def do_POST(self):
        said = self.server.gate.passed(self.operation, self.headers, self.body())
        # Whoever was interrupted has gone.
        with suppress(OSError):
            if said is not None:
                self.answer(*said)
