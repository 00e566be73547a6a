"""The engine over HTTP: a real client, long polls, regions, the control API, and an end without losses."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest

from swf.connection import Connection
from swf.engine import Engine, VirtualClock
from swf.engine.application import HTTPRequest
from swf.engine.regions import MOST_REGIONS, Regions, open_regions
from swf.engine.server import Server
from swf.exceptions import ConfigurationError, DomainAlreadyExists, EngineError, ValidationError
from swf.models.decision import CompleteWorkflowExecution, StartTimer

# A poll that should be woken and is not would wait this long, and the test would fail for want of an answer.
FOREVER = 100
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
TARGET = "SimpleWorkflowService."
LEGACY_TARGET = "com.amazonaws.swf.service.model.SimpleWorkflowService."
ORDER = {"name": "Order", "version": "1.0"}


@pytest.fixture
def regions():
    regions = open_regions(clock=lambda: VirtualClock(NEW_YEAR), domains=["shop"], poll_wait_seconds=FOREVER)
    yield regions
    regions.close()


@pytest.fixture
def engine(regions):
    """The engine of the default region."""
    return regions.engine()


@pytest.fixture
def server(regions):
    with Server(regions) as server:
        yield server


@pytest.fixture
def connect(server):
    """Connects a real client."""
    with ExitStack() as stack:
        yield lambda region="us-east-1": stack.enter_context(Connection(server.url, region=region))


@pytest.fixture
def shop(connect):
    """A connection to a domain with a workflow type."""
    connection = connect()
    connection.call(
        "register_workflow_type",
        domain="shop",
        **ORDER,
        defaultTaskList={"name": "orders"},
        defaultChildPolicy="TERMINATE",
        defaultExecutionStartToCloseTimeout="3600",
        defaultTaskStartToCloseTimeout="60",
    )
    return connection


@pytest.fixture
def ask(server):
    """Sends a request as it is given, on a connection of its own; gives the status, the headers and the JSON."""
    with ExitStack() as stack:

        def ask(method, path, body=b"", **headers):
            connection = stack.enter_context(
                closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60))
            )
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body if isinstance(body, bytes) else json.dumps(body).encode(), names)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None

        yield ask


def start(connection, workflow_id="w"):
    connection.call("start_workflow_execution", domain="shop", workflowId=workflow_id, workflowType=ORDER)


def poll(connection, identity="decider"):
    return connection.call("poll_for_decision_task", domain="shop", taskList={"name": "orders"}, identity=identity)


def waiting(engine):
    """How many polls wait."""
    return sum(len(queue) for queue in engine._waiters._queues.values())


def server_address(server):
    address = urlsplit(server.url)
    return address.hostname, address.port


def send_poll(server):
    """Send a poll on a socket of its own and leave it waiting."""
    sent = socket.create_connection(server_address(server), timeout=60)
    body = b'{"domain":"shop","taskList":{"name":"orders"}}'
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: {TARGET}PollForDecisionTask\r\n"
    sent.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return sent


# Operations


def test_an_execution_runs_to_its_end(shop, engine):
    start(shop)
    task = poll(shop)
    timer = StartTimer(timer_id="t", start_to_fire_timeout=60)
    shop.call("respond_decision_task_completed", taskToken=task["taskToken"], decisions=[timer.raw])
    engine.clock.advance(seconds=60)
    task = poll(shop)

    done = CompleteWorkflowExecution(result="done")
    shop.call("respond_decision_task_completed", taskToken=task["taskToken"], decisions=[done.raw])

    history = shop.call("get_workflow_execution_history", domain="shop", execution=task["workflowExecution"])
    assert [event["eventType"] for event in history["events"]] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "TimerStarted",
        "TimerFired",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "WorkflowExecutionCompleted",
    ]


def test_a_refusal_reaches_the_client(connect):
    with pytest.raises(DomainAlreadyExists) as refusal:
        connect().call("register_domain", name="shop", workflowExecutionRetentionPeriodInDays="7")

    assert refusal.value.fault == "shop"
    assert refusal.value.request_id


@pytest.mark.parametrize("prefix", [TARGET, LEGACY_TARGET])
@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/json; charset=UTF-8", "application/json"),
        ("", "application/x-amz-json-1.0"),
    ],
)
def test_clients_of_all_years_are_answered_in_their_own_content_type(ask, prefix, sent, answered):
    body = {"registrationStatus": "REGISTERED"}

    status, headers, said = ask("POST", "/", body, X_Amz_Target=f"{prefix}ListDomains", Content_Type=sent)

    assert (status, headers["Content-Type"]) == (200, answered)
    assert [domain["name"] for domain in said["domainInfos"]] == ["shop"]


def test_an_operation_without_output_has_an_empty_body(ask):
    body = {"name": "another", "workflowExecutionRetentionPeriodInDays": "7"}

    status, headers, said = ask("POST", "/", body, X_Amz_Target=f"{TARGET}RegisterDomain")

    assert (status, headers["Content-Length"], said) == (200, "0", None)
    assert headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [("GET", "/", "ListDomains"), ("PUT", "/", "ListDomains"), ("POST", "/else", "ListDomains"), ("POST", "/", "Fly")],
)
def test_what_is_no_operation_is_not_found(ask, method, path, target):
    status, _, said = ask(method, path, {}, X_Amz_Target=TARGET + target)

    assert status == 404
    assert said["__type"] == "com.amazon.coral.service#UnknownOperationException"


# Connections


def test_a_connection_serves_request_after_request(server):
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        for _ in range(3):
            connection.request("GET", "/_swf/health")
            answer = connection.getresponse()
            answer.read()

            assert answer.headers["Connection"] is None
            assert connection.sock is not None


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        (b"POST / HTTP/1.1\r\nHost: local", b""),
        (b"", b""),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{", b"HTTP/1.1 408 Request Timeout\r\n"),
    ],
    ids=["head", "nothing", "body"],
)
def test_a_client_that_does_not_finish_its_request_is_not_waited_for(regions, begun, said):
    with ExitStack() as stack:
        server = stack.enter_context(Server(regions, patience_seconds=0.1))
        connection = stack.enter_context(socket.create_connection(server_address(server), timeout=60))
        connection.sendall(begun)

        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(said)
    assert said or not answer


def test_an_answer_is_sent_as_a_whole(server):
    with socket.create_connection(server_address(server), timeout=60) as connection:
        for _ in range(50):
            connection.sendall(b"GET /_swf/health HTTP/1.1\r\nHost: localhost\r\n\r\n")

            said = connection.recv(65536)

            assert said.startswith(b"HTTP/1.1 200 OK\r\n")
            assert json.loads(said.partition(b"\r\n\r\n")[2])["status"] == "ok"


def test_without_keepalive_a_connection_serves_one_request(regions):
    with Server(regions, keepalive=False) as server:
        with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
            connection.request("GET", "/_swf/health")
            answer = connection.getresponse()
            answer.read()

        assert answer.headers["Connection"] == "close"


def test_requests_on_many_connections_at_once_get_their_own_answers(server, engine):
    def register_and_describe(number):
        described = []
        with Connection(server.url) as connection:
            for name in names(number):
                connection.call("register_domain", name=name, workflowExecutionRetentionPeriodInDays="7")
                described.append(connection.call("describe_domain", name=name)["domainInfo"]["name"])
        return described

    def names(number):
        return [f"domain-{number}-{each}" for each in range(25)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(register_and_describe, range(8))) == [names(number) for number in range(8)]


# Long polls


def test_a_poll_is_answered_when_a_task_comes(shop, engine, until):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(poll, shop)
        until(lambda: waiting(engine) == 1)

        start(shop)

        assert answer.result(20)["startedEventId"] == 3


def test_a_poll_is_answered_when_the_time_brings_a_task(shop, engine, until):
    start(shop)
    poll(shop)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(poll, shop)
        until(lambda: waiting(engine) == 1)

        engine.clock.advance(seconds=60)

        assert answer.result(20)["startedEventId"] == 6


def test_a_poll_that_finds_nothing_says_so_when_its_time_is_over():
    regions = open_regions(domains=["shop"], poll_wait_seconds=0.05)
    with closing(regions), Server(regions) as server, Connection(server.url) as connection:
        assert poll(connection) == {"previousStartedEventId": 0, "startedEventId": 0, "taskToken": ""}
        assert waiting(regions.engine()) == 0


def test_a_poller_whose_connection_has_gone_gets_no_task(shop, server, engine, until):
    gone = send_poll(server)
    until(lambda: waiting(engine) == 1)

    gone.close()
    start(shop)

    assert poll(shop)["startedEventId"] == 3


@pytest.mark.parametrize("polls", [1, 5, 30])
def test_of_many_polls_the_one_that_is_still_there_gets_the_task(shop, server, engine, until, polls):
    """The connections end in the very moment in which the tasks come."""
    gone = [send_poll(server) for _ in range(polls)]
    until(lambda: waiting(engine) == polls)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(poll, shop)
        until(lambda: waiting(engine) == polls + 1)

        for connection in gone:
            connection.close()
        start(shop)

        assert answer.result(20)["startedEventId"] == 3


def test_polls_that_wait_are_told(ask, server, engine, until):
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(closing(send_poll(server)))

        until(lambda: ask("GET", "/_swf/counts")[2]["waiting_polls"] == 3)
    until(lambda: ask("GET", "/_swf/counts")[2]["waiting_polls"] == 0)


def test_polls_that_were_cut_off_leave_nothing_behind(server, engine, until):
    gone = [send_poll(server) for _ in range(10)]
    until(lambda: waiting(engine) == 10)

    for connection in gone:
        connection.close()

    until(lambda: waiting(engine) == 0)
    assert engine._waiters._polls == set()


def test_hundreds_of_idle_polls_take_no_threads_and_hinder_nobody(shop, server, engine, until):
    before = set(threading.enumerate())
    with ExitStack() as stack:
        polls = [stack.enter_context(closing(send_poll(server))) for _ in range(300)]
        until(lambda: waiting(engine) == 300)

        assert set(threading.enumerate()) <= before
        for number in range(300):
            start(shop, f"w{number}")
        taken = [json.loads(read_answer(each)) for each in polls]
        assert sorted(task["workflowExecution"]["workflowId"] for task in taken) == sorted(
            f"w{number}" for number in range(300)
        )


def read_answer(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    assert answer.status == 200
    return answer.read()


def test_many_pollers_get_every_task_once(shop, server):
    tasks, taken, lock = 150, [], threading.Lock()

    def work(number):
        with Connection(server.url) as connection:
            while len(taken) < tasks:
                task = poll(connection, f"decider {number}")
                if task["taskToken"]:
                    with lock:
                        taken.append(task["workflowExecution"]["workflowId"])
                    done = [CompleteWorkflowExecution().raw]
                    connection.call("respond_decision_task_completed", taskToken=task["taskToken"], decisions=done)

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work, number) for number in range(4)]
        for number in range(tasks):
            start(shop, f"w{number}")
        wait_for(lambda: len(taken) == tasks)
        wait_for(lambda: server._application.regions.end_polls() or all(worker.done() for worker in workers))

    assert sorted(taken) == sorted(f"w{number}" for number in range(tasks))


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def test_a_server_that_stops_ends_its_polls(regions, until):
    engine = regions.engine()
    with Server(regions) as server:
        polls = [send_poll(server) for _ in range(3)]
        until(lambda: waiting(engine) == 3)

    for each in polls:
        assert json.loads(read_answer(each))["taskToken"] == ""
        each.close()


def test_a_server_that_stops_waits_for_no_request_that_is_not_there_yet(regions):
    begun = b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    with Server(regions) as server:
        connection = socket.create_connection(server_address(server), timeout=60)
        connection.sendall(begun)
        going_on = connection.recv(65536)

    with connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert going_on.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"] == "The server stops; ask the next one."


def test_a_closed_engine_is_unavailable(ask, engine):
    engine.close()

    status, _, said = ask("POST", "/", {"registrationStatus": "REGISTERED"}, X_Amz_Target=f"{TARGET}ListDomains")

    assert status == 503
    assert said["__type"] == "com.amazon.coral.service#ServiceUnavailableException"


# Regions


def test_the_same_name_in_two_regions_is_two_domains(connect):
    connect("eu-west-1").call("register_domain", name="bakery", workflowExecutionRetentionPeriodInDays="7")

    listed = {
        region: [
            each["name"]
            for each in connect(region).call("list_domains", registrationStatus="REGISTERED")["domainInfos"]
        ]
        for region in ("us-east-1", "eu-west-1")
    }

    assert listed == {"us-east-1": ["shop"], "eu-west-1": ["bakery", "shop"]}


@pytest.mark.parametrize(
    ("host", "region", "arn_region"),
    [
        ("localhost:80", "localhost", "us-east-1"),
        ("127.0.0.1", "0", "us-east-1"),
        ("swf.docker.internal", "docker", "us-east-1"),
        ("swf.eu-west-1.amazonaws.com", "eu-west-1", "eu-west-1"),
        ("localhost", "local", "local"),
        ("localhost", "eu-west-1", "eu-west-1"),
    ],
)
def test_a_region_that_boto_2_read_in_the_name_of_the_host_is_the_default_one(regions, host, region, arn_region):
    request = HTTPRequest(
        "POST", "/", "", {"host": host, "authorization": f"AWS4-HMAC-SHA256 Credential=id/20300101/{region}/swf/x"}
    )

    answer = regions.engine(request.region).handle("DescribeDomain", b'{"name":"shop"}')

    assert json.loads(answer.body)["domainInfo"]["arn"] == f"arn:aws:swf:{arn_region}:123456789012:/domain/shop"


def test_a_domain_tells_its_region_in_its_arn(connect):
    arn = connect("eu-west-1").call("describe_domain", name="shop")["domainInfo"]["arn"]

    assert arn == "arn:aws:swf:eu-west-1:123456789012:/domain/shop"


def test_regions_are_kept_in_files_side_by_side(tmp_path):
    with closing(open_regions(tmp_path / "swf.db", domains=["shop"])) as regions:
        regions.engine("eu-west-1")

    assert {"swf.db", "swf.db.eu-west-1"} <= {path.name for path in tmp_path.iterdir()}
    with closing(open_regions(tmp_path / "swf.db")) as regions:
        answer = regions.engine("eu-west-1").handle(f"{TARGET}DescribeDomain", b'{"name":"shop"}')
        assert answer.status == 200


def test_regions_do_not_grow_without_end(ask):
    def named(number):
        return f"AWS4-HMAC-SHA256 Credential=id/20300101/region-{number}/swf/aws4_request, SignedHeaders=a, Signature=b"

    statuses = [
        ask("POST", "/", {}, X_Amz_Target=f"{TARGET}ListDomains", Authorization=named(number))[0]
        for number in range(MOST_REGIONS)
    ]

    status, _, said = ask("POST", "/", {}, Authorization=named(MOST_REGIONS))
    assert set(statuses) == {400}
    assert (status, said["message"]) == (
        400,
        f"This server holds {MOST_REGIONS} regions, and region-{MOST_REGIONS} is none of them.",
    )


@pytest.mark.parametrize("region", ["../../elsewhere", "/etc/passwd", "A", "a.b", "a" * 41, "\0", "%00"])
def test_a_region_that_can_have_no_such_name_is_refused(ask, region):
    status, _, said = ask("GET", f"/_swf/clock?region={quote(region)}")
    signed = f"AWS4-HMAC-SHA256 Credential=id/20300101/{quote(region, safe='')}/swf/aws4_request"

    assert (status, said["__type"]) == (400, "com.amazon.coral.validate#ValidationException")
    assert ask("POST", "/", {}, X_Amz_Target=f"{TARGET}ListDomains", Authorization=signed)[0] == 400
    with pytest.raises(ValidationError, match="is no region"):
        open_regions(default=region)


def test_a_domain_that_cannot_be_registered_at_the_start_is_refused():
    with pytest.raises(ValidationError, match="'a:b'"):
        open_regions(domains=["a:b"])


# Who may ask


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": "["},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost:1"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/_swf/health"), ("POST", "/_swf/reset")])
def test_a_web_page_of_elsewhere_is_refused(ask, engine, headers, method, path):
    body = {"name": "theirs", "workflowExecutionRetentionPeriodInDays": "7"}

    status, _, said = ask(method, path, body, X_Amz_Target=f"{TARGET}RegisterDomain", **headers)

    assert (status, said["__type"]) == (403, "com.amazon.coral.service#AccessDeniedException")
    assert engine.handle(f"{TARGET}DescribeDomain", b'{"name":"theirs"}').status == 400
    assert engine.handle(f"{TARGET}DescribeDomain", b'{"name":"shop"}').status == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:80"])
def test_this_machine_may_ask_by_any_of_its_names(ask, host):
    assert ask("GET", "/_swf/health", Host=host)[0] == 200


def test_a_page_of_the_server_itself_may_ask(ask, server):
    assert ask("GET", "/_swf/health", Origin=server.url)[0] == 200


def test_an_address_that_others_reach_needs_keys(regions):
    with pytest.raises(ConfigurationError, match="Give access keys"):
        Server(regions, host="0.0.0.0")


def test_a_port_that_is_taken_is_told(server, regions):
    port = urlsplit(server.url).port

    with pytest.raises(ConfigurationError, match=f"Port {port} of 127.0.0.1 cannot be listened on: Address already in"):
        Server(regions, port=port)


# Control


def test_the_health_is_told(ask):
    status, _, said = ask("GET", "/_swf/health")

    assert (status, said["status"]) == (200, "ok")


def test_the_clock_is_moved_and_told(ask, shop):
    start(shop)

    moved = ask("POST", "/_swf/clock", {"advance_seconds": 90.5})
    told = ask("GET", "/_swf/clock")

    assert moved[2] == told[2] == {"kind": "virtual", "now": 1893456090.5}
    execution = shop.call("list_open_workflow_executions", domain="shop", startTimeFilter={"oldestDate": 0})
    assert len(execution["executionInfos"]) == 1


def test_each_region_has_a_clock_of_its_own(ask):
    ask("POST", "/_swf/clock?region=eu-west-1", {"advance_seconds": 1})

    assert ask("GET", "/_swf/clock")[2]["now"] == 1893456000
    assert ask("GET", "/_swf/clock?region=eu-west-1")[2]["now"] == 1893456001


@pytest.mark.parametrize(
    "body",
    [{}, {"advance_seconds": -1}, {"advance_seconds": "1"}, {"advance_seconds": True}, {"advance_seconds": 1e300}],
)
def test_a_clock_is_moved_forward_by_seconds_and_by_nothing_else(ask, body):
    status, _, said = ask("POST", "/_swf/clock", body)

    assert status == 400
    assert said["message"] == 'Say how far the clock moves, 0 to 3162240000 seconds: {"advance_seconds": 60}'
    assert ask("GET", "/_swf/clock")[2]["now"] == 1893456000


def test_a_clock_stops_at_the_last_year_there_is(ask):
    for _ in range(79):
        ask("POST", "/_swf/clock", {"advance_seconds": 3162240000})

    status, _, said = ask("POST", "/_swf/clock", {"advance_seconds": 3162240000})

    assert status == 400
    assert said["message"].endswith("cannot pass the year 9999.")


def test_the_clock_of_the_machine_is_not_moved():
    with closing(open_regions()) as regions, Server(regions) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        connection.request("POST", "/_swf/clock", b'{"advance_seconds": 1}')
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()

    assert answer.status == 400
    assert "--time virtual" in said["message"]


def test_a_reset_empties_the_engine(ask, shop, engine, until):
    start(shop)
    token = poll(shop)["taskToken"]
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(poll, shop)
        until(lambda: waiting(engine) == 1)

        status, _, _ = ask("POST", "/_swf/reset")

        assert (status, waits.result(20)["taskToken"]) == (200, "")
    assert shop.call("list_domains", registrationStatus="REGISTERED") == {"domainInfos": []}
    with pytest.raises(Exception, match="Invalid token"):
        shop.call("respond_decision_task_completed", taskToken=token)


def test_what_was_asked_and_refused_is_counted(ask, connect):
    client = connect()
    client.call("describe_domain", name="shop")
    for _ in range(2):
        ask("POST", "/", {"name": "nope"}, X_Amz_Target=f"{TARGET}DescribeDomain")
    ask("POST", "/", {}, X_Amz_Target=f"{TARGET}Fly")

    _, _, counts = ask("GET", "/_swf/counts")

    assert counts == {
        "requests": {"DescribeDomain": 3, "RegisterDomain": 1, "UnknownOperation": 1},
        "faults": {
            "DescribeDomain": {"UnknownResourceFault": 2},
            "UnknownOperation": {"UnknownOperationException": 1},
        },
        "refused_decisions": {},
        "waiting_polls": 0,
    }
    ask("POST", "/_swf/reset")
    assert ask("GET", "/_swf/counts")[2] == {"requests": {}, "faults": {}, "refused_decisions": {}, "waiting_polls": 0}


@pytest.mark.parametrize(("method", "path"), [("GET", "/_swf/"), ("GET", "/_swf/reset"), ("DELETE", "/_swf/clock")])
def test_what_cannot_be_asked_of_the_control_api_is_told_what_can(ask, method, path):
    status, _, said = ask(method, path)

    assert status == 404
    assert "POST /_swf/reset" in said["message"]


class TestReset:
    def test_a_closed_engine_is_not_emptied(self):
        engine = Engine()
        engine.close()

        with pytest.raises(EngineError, match="closed"):
            engine.reset()

    def test_what_was_forgotten_is_gone_from_the_file_too(self, tmp_path):
        with closing(open_regions(tmp_path / "swf.db", domains=["shop"])) as regions:
            regions.engine().reset()

        with Engine(tmp_path / "swf.db") as engine:
            assert engine.handle(f"{TARGET}DescribeDomain", b'{"name":"shop"}').status == 400


def test_one_engine_can_answer_for_all_regions():
    with ExitStack() as stack:
        engine = stack.enter_context(Engine())
        server = stack.enter_context(Server(Regions(lambda region: engine)))
        west = stack.enter_context(Connection(server.url, region="eu-west-1"))
        east = stack.enter_context(Connection(server.url))
        west.call("register_domain", name="shop", workflowExecutionRetentionPeriodInDays="7")

        assert east.call("describe_domain", name="shop")["domainInfo"]["name"] == "shop"
