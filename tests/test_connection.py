import copy
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from botocore.config import Config
from botocore.session import Session

from swf import settings
from swf.connection import Connection, connect, current, end_polls, reset, use
from swf.engine import Engine, VirtualClock
from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    EndpointUnreachableError,
    InvalidCredentialsError,
    InvalidRequestError,
    UnknownOperationError,
    ValidationError,
)


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path, monkeypatch):
    """Start from a machine on which nobody configured anything."""
    for variable in list(os.environ):
        if variable.startswith(("AWS_", "SWF_")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    settings.clear()
    reset()
    yield
    settings.clear()
    reset()


@pytest.fixture
def local():
    with connect("local:") as connection:
        yield connection


def register(connection, *names):
    for name in names:
        connection.call("register_domain", name=name, workflowExecutionRetentionPeriodInDays="1")


def names(connection):
    return [info["name"] for info in connection.call("list_domains", registrationStatus="REGISTERED")["domainInfos"]]


def their_client(endpoint_url="http://localhost", **config):
    session = Session()
    session.set_credentials("key", "secret")
    return session.create_client("swf", region_name="eu-west-1", endpoint_url=endpoint_url, config=Config(**config))


def sent(client):
    """Give the list that every request of a client is noted in."""
    noted = []
    client.meta.events.register_first("before-send.swf", lambda request, **_: noted.append(request))
    return noted


def run(script):
    """Run a script in a new process, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_boto3_is_imported_only_when_the_connection_is_used():
    printed = run(
        """
        import sys
        import swf.connection, swf.models, swf.querysets
        connection = swf.connection.connect("local:")
        print("botocore" in sys.modules, "boto3" in sys.modules)
        connection.call("list_domains", registrationStatus="REGISTERED")
        print("botocore" in sys.modules)
        """
    )

    assert printed == ["False", "False", "True"]


def test_every_connection_to_memory_has_an_engine_of_its_own():
    with Connection("local:") as one, Connection("local:") as other:
        register(one, "shop")

        assert names(one) == ["shop"]
        assert names(other) == []


def test_connections_to_one_file_share_its_engine_however_the_path_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(tmp_path / "swf.db")

    with (
        Connection("local:swf.db") as one,
        Connection(f"local:{tmp_path}/swf.db") as other,
        Connection("local:~/link.db") as third,
    ):
        register(one, "shop")

        assert one.engine is other.engine is third.engine
        assert names(third) == ["shop"]


def test_the_engine_of_a_file_is_closed_with_the_last_of_its_connections(tmp_path):
    path = tmp_path / "swf.db"
    one, other = Connection(f"local:{path}"), Connection(f"local:{path}")
    register(one, "shop")
    names(other)

    one.close()
    register(other, "bank")
    other.close()

    with Engine(str(path)) as engine:
        assert names(Connection.over(engine)) == ["bank", "shop"]


def test_connect_makes_the_default_and_leaving_the_block_restores_the_one_before():
    with connect("local:") as outer:
        assert current() is outer

        with connect("local:") as inner:
            assert current() is inner

        assert current() is outer


def test_closing_a_default_that_was_replaced_leaves_the_present_one():
    with connect("local:") as first:
        second = connect("local:")
        third = connect("local:")

        second.close()
        assert current() is third

        third.close()
        assert current() is first


def test_a_closed_connection_is_not_used_again():
    with connect("local:") as connection:
        register(connection, "shop")

    with pytest.raises(ConfigurationError, match=r"Connection\('local:'\) is closed"):
        names(connection)


def test_the_default_is_made_from_the_settings():
    settings.set(endpoint_url="http://localhost:8080", region="eu-west-1")

    assert current().endpoint_url == "http://localhost:8080"
    assert current().region == "eu-west-1"
    assert current() is current()


def test_changed_settings_make_another_default_unless_they_lead_to_the_same_place():
    settings.set(endpoint_url="http://localhost:8080", region="eu-west-1")
    first = current()

    settings.set(domain="shop")
    assert current() is first

    settings.set(region="eu-west-2")
    assert current().region == "eu-west-2"


def test_changed_settings_leave_a_default_that_was_chosen():
    with connect("local:") as chosen:
        settings.set(region="eu-west-2")

        assert current() is chosen


def test_a_connection_that_exists_can_be_made_the_default():
    with Connection("local:") as connection:
        assert use(connection) is connection
        assert current() is connection


def test_a_connection_may_become_the_default_again():
    with Connection("local:") as one, Connection("local:") as other:
        use(one), use(other), use(one)
        assert current() is one

        one.close()
        assert current() is other


def test_a_default_that_was_closed_is_made_anew():
    settings.set(endpoint_url="local:")
    first = current()

    first.close()

    assert current() is not first
    assert names(current()) == []
    current().close()


@pytest.mark.parametrize(
    "endpoint", ["localhost:8080", "ftp://host", "http://", "http:///path", "memory", "local", "", "http://["]
)
def test_what_is_no_endpoint_is_refused(endpoint):
    with pytest.raises(ConfigurationError, match=r"is no endpoint \(given to connect\(\)\)\. Give http://HOST:PORT"):
        connect(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    ["local://shop.db", "local:///var/shop.db", "local: # memory", "local: ", "local::memory:", "local:a\0b"],
)
def test_a_path_that_would_make_a_file_nobody_meant_is_refused(endpoint):
    with pytest.raises(ConfigurationError, match=r"is no endpoint .* PATH is taken as it stands: 'local:shop\.db'"):
        connect(endpoint)


@pytest.mark.parametrize(
    "given",
    [
        {"endpoint_url": 5},
        {"endpoint_url": b"local:"},
        {"region": ["eu-west-1"]},
        {"profile": 5},
        {"aws_access_key_id": 5, "aws_secret_access_key": "secret"},
    ],
)
def test_an_argument_that_is_no_text_is_refused_without_being_shown(given):
    with pytest.raises(ConfigurationError, match=r"connect\(\) takes text for \w+, and not (int|bytes|list)") as raised:
        connect(**given)

    assert str(next(iter(given.values()))) not in str(raised.value)


@pytest.mark.parametrize("client", [5, "swf", Session(), Connection("local:")])
def test_what_is_no_client_of_swf_is_refused(client):
    with pytest.raises(ConfigurationError, match=r"is no client of SWF\. Give boto3\.client\('swf'\)"):
        connect(client=client)


def test_a_client_of_another_service_is_refused():
    with pytest.raises(ConfigurationError, match="is no client of SWF"):
        connect(client=Session().create_client("sqs", region_name="eu-west-1"))


@pytest.mark.parametrize("make", [Connection.over, use])
def test_what_is_no_engine_or_connection_is_refused(make):
    with pytest.raises(ValidationError, match=r"'local:' is no (engine|connection)"):
        make("local:")


def test_an_endpoint_of_the_settings_is_checked_when_it_is_used():
    settings.set(endpoint_url="localhost")

    with pytest.raises(ConfigurationError, match=r"'localhost' is no endpoint \(swf\.settings\.set\(\)\)"):
        Connection().call("list_domains", registrationStatus="REGISTERED")


@pytest.mark.parametrize("region", ["eu-west-11", "eu-west1", "EU-west-1", "euwest1"])
def test_a_region_that_amazon_does_not_have_is_refused_with_one_that_may_be_meant(region):
    connection = Connection(region=region, aws_access_key_id="key", aws_secret_access_key="secret")

    with pytest.raises(ConfigurationError, match=r"\(given to connect\(\)\)\. Did you mean 'eu-west-1'\?"):
        _ = connection.client


def test_a_region_that_is_like_no_other_is_refused_with_where_it_came_from(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "mars")

    with pytest.raises(ConfigurationError) as raised:
        _ = Connection(aws_access_key_id="key", aws_secret_access_key="secret").client

    assert str(raised.value) == (
        "Amazon SWF has no region 'mars' (environment, AWS_DEFAULT_REGION). Regions are called us-east-1, eu-west-1 "
        "and the like. Upgrade boto3 if this one is new, or give an endpoint_url."
    )


def test_a_region_that_no_endpoint_can_have_is_refused_in_a_sentence():
    connection = Connection("http://localhost:1", region="eu west")

    with pytest.raises(ConfigurationError, match=r"'eu west' .*[a-z]\. Check the endpoint_url and"):
        connection.call("list_domains", registrationStatus="REGISTERED")


def test_regions_of_other_partitions_are_known():
    connection = Connection(region="us-gov-west-1", aws_access_key_id="key", aws_secret_access_key="secret")

    assert connection.endpoint_url == "https://swf.us-gov-west-1.amazonaws.com"


@pytest.mark.parametrize("endpoint", ["http://localhost:8080", "local:"])
def test_an_endpoint_of_your_own_accepts_any_region_and_needs_no_credentials(endpoint):
    with Connection(endpoint, region="middle-earth-1") as connection:
        assert connection.region == "middle-earth-1"
        assert connection.endpoint_url == endpoint


def test_without_a_region_it_is_us_east_1():
    connection = Connection(aws_access_key_id="key", aws_secret_access_key="secret")

    assert connection.endpoint_url == "https://swf.us-east-1.amazonaws.com"


def test_a_url_that_boto3_cannot_use_is_refused_when_it_is_used():
    with pytest.raises(ConfigurationError, match="Check the endpoint_url"):
        _ = Connection("http://my host").client


def test_a_profile_of_the_environment_does_not_hinder_an_endpoint_of_your_own(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    assert Connection("http://localhost:1").region == "us-east-1"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"aws_access_key_id": "GIVEN", "aws_secret_access_key": "x"}, "GIVEN"),
        ({"profile": "work"}, "PROFILE"),
        ({}, "local"),
    ],
)
def test_a_server_of_your_own_gets_the_credentials_that_are_given(tmp_path, engine, serve, given, key):
    (tmp_path / "config").write_text("[profile work]\naws_access_key_id = PROFILE\naws_secret_access_key = x\n")
    connection = Connection(serve(engine), **given)
    requests = sent(connection.client)

    names(connection)

    assert f"Credential={key}/" in requests[0].headers["Authorization"].decode()


def test_the_region_of_a_profile_is_used(tmp_path):
    (tmp_path / "config").write_text(
        "[profile work]\nregion = eu-west-3\naws_access_key_id = PROFILE\naws_secret_access_key = x\n"
    )

    assert Connection(profile="work").region == "eu-west-3"


@pytest.mark.parametrize("endpoint", [None, "https://vpce-1a.swf.us-east-1.vpce.amazonaws.com"])
def test_amazon_needs_credentials(endpoint):
    with pytest.raises(InvalidCredentialsError, match="No AWS credentials were found"):
        _ = Connection(endpoint).client


def test_credentials_that_are_found_later_are_used():
    connection = Connection()
    with pytest.raises(InvalidCredentialsError):
        _ = connection.client

    settings.set(aws_access_key_id="key", aws_secret_access_key="secret")

    assert connection.region == "us-east-1"


def test_a_profile_that_is_not_there_is_refused():
    with pytest.raises(ConfigurationError, match="nobody"):
        _ = Connection(profile="nobody").client


def test_an_engine_of_this_process_looks_at_no_aws_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    (tmp_path / "config").write_text("this is no configuration")

    with Connection("local:") as connection:
        assert names(connection) == []


def test_a_client_retries_with_care():
    config = Connection(aws_access_key_id="key", aws_secret_access_key="secret").client.meta.config

    assert config.retries == {"mode": "adaptive", "total_max_attempts": 5}
    assert config.user_agent.startswith("swf/")


@pytest.mark.parametrize("endpoint", [None, "http://localhost:1"])
def test_only_polls_wait_for_more_than_the_minute_that_a_poll_takes(endpoint):
    connection = Connection(endpoint, aws_access_key_id="key", aws_secret_access_key="secret")

    assert connection.client.meta.config.read_timeout == 20
    assert connection.poll_client.meta.config.read_timeout > 60
    assert connection.poll_client is connection.poll_client


@pytest.mark.parametrize("make", [lambda: Connection("local:"), lambda: Connection(client=their_client())])
def test_one_client_serves_for_polls_too_where_it_waits_enough(make):
    with make() as connection:
        assert connection.poll_client is connection.client


@pytest.mark.parametrize("operation", ["poll_for_decision_task", "poll_for_activity_task"])
def test_polls_go_through_the_client_for_polls_and_nothing_else_does(operation):
    connection = Connection("http://localhost:1")
    with Engine(poll_wait_seconds=0) as engine:
        engine.attach(connection.client)
        engine.attach(connection.poll_client)
        polled, called = sent(connection.poll_client), sent(connection.client)
        register(connection, "shop")

        connection.call(operation, domain="shop", taskList={"name": "orders"})

    assert len(polled) == 1
    assert len(called) == 1


def test_an_answer_is_the_json_of_swf(local):
    register(local, "shop")

    answer = local.call("describe_domain", name="shop")

    assert answer == {
        "domainInfo": {
            "arn": "arn:aws:swf:us-east-1:123456789012:/domain/shop",
            "name": "shop",
            "status": "REGISTERED",
        },
        "configuration": {"workflowExecutionRetentionPeriodInDays": "1"},
    }


def test_times_are_numbers(local):
    register(local, "shop")
    local.call("register_workflow_type", domain="shop", name="Order", version="1")

    info = local.call("list_workflow_types", domain="shop", registrationStatus="REGISTERED")["typeInfos"][0]

    assert isinstance(info["creationDate"], float)


def test_an_operation_that_answers_nothing_gives_an_empty_dict(local):
    answer = local.call("register_domain", name="shop", workflowExecutionRetentionPeriodInDays="1")

    assert answer == {}


def test_what_is_none_is_not_sent(local):
    requests = sent(local.client)

    local.call("list_domains", registrationStatus="REGISTERED", nextPageToken=None)

    assert requests[0].body == b'{"registrationStatus": "REGISTERED"}'


def test_pages_are_followed_to_the_last(local):
    register(local, "a", "b", "c", "d", "e")
    requests = sent(local.client)

    pages = list(local.pages("list_domains", registrationStatus="REGISTERED", maximumPageSize=2))

    assert [[info["name"] for info in page["domainInfos"]] for page in pages] == [["a", "b"], ["c", "d"], ["e"]]
    assert len(requests) == 3


def test_a_page_is_asked_for_when_it_is_needed(local):
    register(local, "a", "b", "c")
    requests = sent(local.client)

    next(local.pages("list_domains", registrationStatus="REGISTERED", maximumPageSize=1))

    assert len(requests) == 1


def test_a_fault_becomes_an_error_of_ours(local):
    with pytest.raises(DoesNotExistError, match="Unknown domain: nowhere") as raised:
        local.call("describe_domain", name="nowhere")

    assert raised.value.code == "UnknownResourceFault"
    assert raised.value.operation == "DescribeDomain"
    assert raised.value.fault == "Unknown domain: nowhere"
    assert raised.value.request_id
    assert type(raised.value.__cause__).__name__ == "UnknownResourceFault"


def test_a_request_that_the_service_finds_wrong_becomes_an_error_of_ours(local):
    with pytest.raises(InvalidRequestError):
        local.call("list_domains", registrationStatus="LOST")


def test_parameters_that_are_not_the_operations_are_refused_before_sending(local):
    requests = sent(local.client)

    with pytest.raises(ValidationError, match='Missing required parameter in input: "name"'):
        local.call("describe_domain", nam="shop")

    assert requests == []


def test_an_operation_that_swf_does_not_have_is_refused(local):
    with pytest.raises(UnknownOperationError, match="no operation 'delete_domain'"):
        local.call("delete_domain", name="shop")


@pytest.mark.parametrize("operation", [5, None, ["list_domains"], "meta", "close", "ListDomains"])
def test_what_is_no_operation_is_refused(local, operation):
    with pytest.raises(UnknownOperationError, match="boto3 knows no operation"):
        local.call(operation)


def test_a_misspelt_operation_is_told_which_may_be_meant(local):
    with pytest.raises(UnknownOperationError, match=r"'list_domain' of SWF\. Did you mean 'list_domains'\?"):
        local.call("list_domain", registrationStatus="REGISTERED")


def test_where_nothing_listens_the_endpoint_is_unreachable():
    connection = Connection(client=their_client("http://127.0.0.1:1", retries={"total_max_attempts": 1}))

    with pytest.raises(EndpointUnreachableError, match=r"0\.1:1.*endpoint_url \(of the client that was given\)"):
        names(connection)


@pytest.mark.parametrize("variable", ["SWF_ENDPOINT_URL", "AWS_ENDPOINT_URL_SWF", "AWS_ENDPOINT_URL"])
def test_an_unreachable_endpoint_of_the_environment_is_told_with_its_variable(variable, monkeypatch):
    monkeypatch.setenv(variable, "http://127.0.0.1:1")

    with pytest.raises(EndpointUnreachableError, match=rf"the endpoint_url \(environment, {variable}\)"):
        names(Connection())


def test_an_unreachable_endpoint_of_the_file_is_told_with_the_file(tmp_path):
    (tmp_path / ".swf").write_text("[defaults]\nendpoint_url = http://127.0.0.1:1\n")
    (tmp_path / ".swf").chmod(0o600)

    with pytest.raises(EndpointUnreachableError, match=r"the endpoint_url \(~/\.swf\)"):
        names(Connection())


def test_an_unreachable_endpoint_that_was_given_is_told_as_such():
    with pytest.raises(EndpointUnreachableError) as raised:
        names(Connection("http://127.0.0.1:1"))

    assert str(raised.value) == (
        'Could not connect to the endpoint URL: "http://127.0.0.1:1/". '
        "Check the network and the endpoint_url (given to connect())."
    )


class Proxy(BaseHTTPRequestHandler):
    """A server that knows nothing of SWF."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Please log in</html>")

    def log_message(self, *args):
        pass


def test_an_answer_that_is_not_of_swf_is_told_apart():
    server = HTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"

    try:
        with Connection(url) as connection, pytest.raises(EndpointUnreachableError, match="is not SWF"):
            connection.call("list_domains", registrationStatus="REGISTERED")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_client_that_is_given_is_used_as_it_is_and_left_open():
    client = their_client()
    with Engine() as engine:
        engine.attach(client)
        with Connection(client=client) as connection:
            assert connection.engine is None
            assert connection.client is client
            register(connection, "shop")
            connection.call("register_workflow_type", domain="shop", name="Order", version="1")
            listed = connection.call("list_workflow_types", domain="shop", registrationStatus="REGISTERED")

        assert isinstance(listed["typeInfos"][0]["creationDate"], datetime)
        assert client.list_domains(registrationStatus="REGISTERED")["domainInfos"][0]["name"] == "shop"


def test_a_connection_over_an_engine_leaves_the_engine_open():
    with Engine() as engine:
        with Connection.over(engine) as connection:
            register(connection, "shop")

        assert names(Connection.over(engine)) == ["shop"]


def test_now_is_the_time_of_the_engine_that_answers():
    clock = VirtualClock(datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC))

    with Engine(clock=clock) as engine:
        assert Connection.over(engine).now() == datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)


def test_end_polls_ends_the_waiting_polls_of_an_identity(local):
    register(local, "shop")
    answers = []
    waiting = threading.Event()

    def poll():
        waiting.set()
        answers.append(
            local.call("poll_for_activity_task", domain="shop", taskList={"name": "pay"}, identity="worker-1")
        )

    thread = threading.Thread(target=poll)
    thread.start()
    waiting.wait()
    while thread.is_alive():
        end_polls("worker-1")
        thread.join(0.05)

    assert answers == [{"startedEventId": 0, "taskToken": ""}]


def test_end_polls_does_nothing_where_the_engine_is_elsewhere():
    with connect("http://localhost:1"):
        end_polls("worker-1")


def test_a_connection_copies_as_itself_and_pickles_as_none(local):
    assert copy.copy(local) is local
    assert copy.deepcopy([local])[0] is local
    assert pickle.loads(pickle.dumps([local])) == [None]


def test_threads_may_open_one_connection_at_once():
    with Connection("local:") as connection:
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(connection.client)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(seen) == 8
    assert len(set(map(id, seen))) == 1


FORK = """
    import os
    from swf.connection import Connection
    from swf.exceptions import EngineError

    {before}
    child = os.fork()
    if not child:
        try:
            {after}
        except BaseException as error:
            print(type(error).__name__, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    """


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX's")
def test_a_forked_child_makes_a_client_of_its_own():
    printed = run(
        FORK.format(
            before="connection = Connection('http://localhost:1'); first = connection.client",
            after="print(connection.client is not first, flush=True)",
        )
    )

    assert printed == ["True"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX's")
def test_a_forked_child_does_not_use_the_engine_of_its_parent():
    printed = run(
        FORK.format(
            before="connection = Connection('local:'); connection.client",
            after="connection.call('list_domains', registrationStatus='REGISTERED')",
        )
    )

    assert printed == ["EngineError"]


def test_a_connection_shows_where_it_leads_and_no_secret():
    shown = repr(Connection("http://localhost:1", region="x", aws_access_key_id="key", aws_secret_access_key="hidden"))

    assert shown == "Connection('http://localhost:1', region='x')"


def test_what_was_meant_for_a_closed_swf_of_this_process_never_reaches_aws():
    with connect("local:"):
        pass

    with pytest.raises(ConfigurationError, match="was the default and is closed"):
        current()

    chosen = connect()
    assert current() is chosen
