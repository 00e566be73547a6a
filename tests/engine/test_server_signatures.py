"""Signature Version 4 on the server's side: what a real client signs is accepted, everything else refused."""

import hashlib
import http.client
import json
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from swf.connection import Connection
from swf.engine.protocol import Fault
from swf.engine.regions import open_regions
from swf.engine.server import Server
from swf.engine.signatures import SignatureCheck
from swf.exceptions import InvalidCredentialsError

TARGET = "SimpleWorkflowService.ListDomains"
BODY = b'{"registrationStatus":"REGISTERED"}'
# The example of AWS's documentation of the signature.
ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def server():
    with closing(open_regions(domains=["shop"])) as regions, Server(regions, keys={ID: SECRET, "B": "b"}) as server:
        yield server


@pytest.fixture
def connect(server):
    with ExitStack() as stack:
        yield lambda key, secret, region="us-east-1": stack.enter_context(
            Connection(server.url, region=region, aws_access_key_id=key, aws_secret_access_key=secret)
        )


def send(server, path="/", body=BODY, **headers):
    """Send a request as it is given; gives the status and what is said."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    with closing(connection):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST" if path == "/" else "GET", path, body, names)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def signed(id=ID, date=None, service="swf", region="us-east-1", names="host;x-amz-date;x-amz-target", by="0" * 64):
    """Give the headers of a request that was signed, though not well."""
    date = date or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{id}/{date[:8]}/{region}/{service}/aws4_request"
    return {
        "X-Amz-Target": TARGET,
        "X-Amz-Date": date,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={by}",
    }


@pytest.mark.parametrize(("id", "secret"), [(ID, SECRET), ("B", "b")])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_client_with_a_key_is_answered(connect, id, secret, region):
    answer = connect(id, secret, region).call("list_domains", registrationStatus="REGISTERED")

    assert [domain["name"] for domain in answer["domainInfos"]] == ["shop"]


@pytest.mark.parametrize(
    ("id", "secret", "code"),
    [
        (ID, "guessed", "InvalidSignatureException"),
        (ID, "b", "InvalidSignatureException"),
        ("C", SECRET, "UnrecognizedClientException"),
    ],
)
def test_a_client_without_a_key_is_refused(connect, id, secret, code):
    with pytest.raises(InvalidCredentialsError) as refusal:
        connect(id, secret).call("list_domains", registrationStatus="REGISTERED")

    assert refusal.value.code == code


OLD = f"{datetime.now(UTC) - timedelta(hours=1):%Y%m%dT%H%M%SZ}"
EARLY = f"{datetime.now(UTC) + timedelta(hours=1):%Y%m%dT%H%M%SZ}"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X-Amz-Target": TARGET}, 400, "MissingAuthenticationTokenException"),
        ({"X-Amz-Target": TARGET, "Authorization": "Basic aTpz"}, 400, "IncompleteSignatureException"),
        ({"X-Amz-Target": TARGET, "Authorization": "AWS4-HMAC-SHA256 ,,,"}, 400, "IncompleteSignatureException"),
        (signed(service="s3"), 400, "IncompleteSignatureException"),
        (signed(names="host;x-amz-date"), 400, "IncompleteSignatureException"),
        (signed(names="x-amz-date;x-amz-target"), 400, "IncompleteSignatureException"),
        (signed(names="host;x-amz-date;x-amz-target;x-none"), 400, "IncompleteSignatureException"),
        (signed(date="2030"), 400, "IncompleteSignatureException"),
        (signed(date=OLD), 403, "InvalidSignatureException"),
        (signed(date=EARLY), 403, "InvalidSignatureException"),
        (signed(), 403, "InvalidSignatureException"),
        (signed(id="C"), 400, "UnrecognizedClientException"),
        (signed(region="ü"), 403, "InvalidSignatureException"),
    ],
)
def test_what_is_not_signed_well_is_refused(server, headers, status, code):
    assert send(server, **headers)[0] == status
    assert send(server, **headers)[1]["__type"] == f"com.amazon.coral.service#{code}"


def test_the_control_api_asks_for_a_signature_too_but_for_the_health(server):
    assert send(server, "/_swf/health")[0] == 200
    assert send(server, "/_swf/counts")[0] == 400
    assert send(server, "/_swf/clock")[1]["__type"].endswith("MissingAuthenticationTokenException")


def sniffed(connection):
    """Give a request as a real client signed it: the body and the headers."""
    requests = []
    connection.client.meta.events.register("before-send.swf", lambda request, **_: requests.append(request))
    connection.call("list_domains", registrationStatus="REGISTERED")
    (request,) = requests
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    return request.body, {**headers, "host": urlsplit(request.url).netloc}


def test_a_signature_holds_for_its_own_request_alone(connect):
    body, headers = sniffed(connect(ID, SECRET))
    check = SignatureCheck({ID: SECRET})

    check("POST", "/", "", headers, body)

    for method, path, query, changed, other in [
        ("GET", "/", "", {}, body),
        ("POST", "/_swf/reset", "", {}, body),
        ("POST", "/", "a=b", {}, body),
        ("POST", "/", "", {"x-amz-target": "SimpleWorkflowService.RegisterDomain"}, body),
        ("POST", "/", "", {"host": "elsewhere"}, body),
        ("POST", "/", "", {}, body + b" "),
        ("POST", "/", "", {"x-amz-security-token": "more"}, body),
    ]:
        with pytest.raises(Fault, match="Signature"):
            check(method, path, query, {**headers, **changed}, other)


def test_a_checksum_that_is_not_the_body_s_is_refused(connect):
    body, headers = sniffed(connect(ID, SECRET))
    stated = headers["authorization"].replace("host;", "host;x-amz-content-sha256;")
    headers = {**headers, "authorization": stated, "x-amz-content-sha256": hashlib.sha256(b"another").hexdigest()}

    with pytest.raises(Fault, match="X-Amz-Content-SHA256 is not that of the body"):
        SignatureCheck({ID: SECRET})("POST", "/", "", headers, body)


def test_the_keys_are_not_shown():
    assert SECRET not in repr(SignatureCheck({ID: SECRET}))
