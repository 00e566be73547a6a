"""Servers that tests answer with, in place of an SWF elsewhere."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    """Answers requests of SWF's; each in a thread of its own."""

    @property
    def operation(self):
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status, body, **headers):
        """Answer with bytes, or with JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(sent)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args):
        """Say nothing: what was asked is looked at by the test."""


class _Server(ThreadingHTTPServer):
    block_on_close = False
    request_queue_size = 200


@contextmanager
def answering(handler, **known):
    """Serve with a handler, which knows some things as attributes of its server; gives the URL."""
    with _Server(("127.0.0.1", 0), handler) as server:
        vars(server).update(known)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
