"""What no decent client sends: it is refused, it is never a failure, and it leaves the server as it was."""

import http.client
import json
import socket
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swf.engine import VirtualClock
from swf.engine.application import REQUEST_BYTES
from swf.engine.operations import OPERATIONS
from swf.engine.regions import open_regions
from swf.engine.server import Server
from swf.engine.validation import service_model

TARGET = "SimpleWorkflowService."


@pytest.fixture(scope="module")
def server():
    regions = open_regions(clock=VirtualClock, domains=["d"], poll_wait_seconds=0)
    with closing(regions), Server(regions) as server:
        yield server


def exchange(server, sent):
    """Send bytes, and read until the server closes the connection; what it cuts off may lose its answer."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        received = b""
        with suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                received += part
        return received


def is_well(server):
    return b"200 OK" in exchange(server, b"GET /_swf/health HTTP/1.1\r\nHost: localhost\r\n\r\n")


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SimpleWorkflowService.ListDomains\r\n"
LATER = b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x00\xff\x16\x03\x01\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: many\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nnot hex\r\n", b"400"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
        (HEAD + b"X: \xff\xfe\r\n" + LATER, b"400"),
        (HEAD.replace(b"ListDomains", b"\xe4\xf6") + LATER, b"404"),
        (HEAD.replace(b"POST / ", b"POST /%ff%00%d8 ") + LATER, b"404"),
        (HEAD + b"Authorization: AWS4-HMAC-SHA256 Credential=\xe4/1/2\r\n" + LATER, b"400"),
        (HEAD + b"Upgrade: websocket\r\nConnection: upgrade, close\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", b"400"),
    ],
)
def test_a_malformed_request_is_refused_and_the_connection_closed(server, sent, status):
    answer = exchange(server, sent)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert is_fault(body)
    assert is_well(server)


def is_fault(body):
    """Tell whether an answer is a fault; what could not be read is told with a capital letter."""
    return set(json.loads(body)) in ({"__type", "message"}, {"__type", "Message"})


@pytest.mark.parametrize("sent", [b"", b"POST", HEAD, HEAD + b"Content-Length: 100\r\n\r\n{"])
def test_a_request_that_breaks_off_leaves_nothing_behind(server, sent):
    assert b"HTTP/1.1 2" not in exchange(server, sent)
    assert is_well(server)


@pytest.mark.parametrize(
    ("target", "status"),
    [(b"http://localhost/", b"200"), (b"HTTP://localhost", b"200"), (b"http://elsewhere.example/", b"403")],
)
def test_a_request_may_name_the_whole_url_and_is_for_the_host_in_it(server, target, status):
    request = HEAD.replace(b"POST / ", b"POST " + target + b" ")
    body = b'{"registrationStatus": "REGISTERED"}'

    answer = exchange(server, request + b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    assert answer.startswith(b"HTTP/1.1 " + status)


def test_requests_sent_in_one_go_are_answered_in_their_order(server):
    names = [b"one", b"two", b"three"]
    bodies = [b'{"name":"%s"}' % name for name in names]
    head = HEAD.replace(b"ListDomains", b"DescribeDomain")
    ends = [b"", b"", b"Connection: close\r\n"]

    answer = exchange(
        server,
        b"".join(
            head + b"%sContent-Length: %d\r\n\r\n%s" % (end, len(body), body)
            for end, body in zip(ends, bodies, strict=True)
        ),
    )

    told = [answer.find(b"Unknown domain: " + name) for name in names]
    assert -1 not in told
    assert told == sorted(told)


def post(server, body, operation="ListDomains", **headers):
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request("POST", "/", body, {"X-Amz-Target": TARGET + operation, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("size", [REQUEST_BYTES, REQUEST_BYTES * 3, REQUEST_BYTES * 12])
def test_a_request_that_is_too_large_is_refused_and_the_connection_closed(server, size):
    status, headers, said = post(server, b" " * size)

    assert (status, headers["Connection"]) == (413, "close")
    assert json.loads(said)["message"] == "A request may have 1048576 bytes, its headers included."


def test_a_body_in_chunks_that_is_too_large_is_refused(server):
    status, _, _ = post(server, (b" " * 65536 for _ in range(20)))

    assert status == 413


def test_a_request_that_is_just_not_too_large_is_read(server):
    body = b'{"registrationStatus":"REGISTERED"}' + b" " * (REQUEST_BYTES - 1000)

    assert post(server, body)[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 9999999999\r\n\r\n" + b" " * (18 * REQUEST_BYTES),
        HEAD + b"X: " + b"x" * REQUEST_BYTES + b"\r\n\r\n",
        HEAD + b"X: x\r\n" * 100_000 + b"\r\n",
    ],
)
def test_a_request_without_end_is_cut_off(server, sent):
    answer = exchange(server, sent)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert is_well(server)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["d", "NONE", "-1", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
MEMBERS = st.sampled_from(
    sorted(
        {name for operation in OPERATIONS for name in service_model().operation_model(operation).input_shape.members}
    )
)
VALUES = JSON | st.fixed_dictionaries({"name": JSON, "version": JSON}) | st.fixed_dictionaries({"oldestDate": JSON})
REQUESTS = st.dictionaries(MEMBERS, VALUES, max_size=6)
ENCODED = REQUESTS.map(lambda request: json.dumps(request).encode())
BODIES = ENCODED | JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=st.sampled_from(sorted(OPERATIONS)), body=BODIES)
def test_whatever_the_body_the_answer_is_one_of_swf(server, operation, body):
    status, _, said = post(server, body, operation)

    assert status in (200, 400)
    if status == 400:
        assert is_fault(said)


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
NAMES = st.sampled_from(
    ["Content-Type", "Origin", "Authorization", "X-Amz-Date", "Content-Encoding", "Cookie", "X-Amz-Target"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=st.dictionaries(NAMES, TEXTS, max_size=4), body=st.binary(max_size=20))
def test_whatever_the_headers_the_answer_is_one_of_swf(server, headers, body):
    status, _, said = post(server, body, **headers)

    assert status in (200, 400, 403, 404)
    assert status == 200 or is_fault(said)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.binary(min_size=1, max_size=300) | st.binary(max_size=50).map(lambda tail: HEAD + tail))
def test_whatever_the_bytes_the_server_answers_the_next_request(server, sent):
    answer = exchange(server, sent)

    assert b"HTTP/1.1 5" not in answer
    assert is_well(server)
