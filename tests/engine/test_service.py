"""The engine itself: opened, asked, closed."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from swf.engine import Engine, VirtualClock
from swf.engine.operations.registry import OPERATIONS
from swf.exceptions import EngineError, ValidationError


@pytest.mark.inprocess
def test_a_closed_engine_answers_nothing(engine, client):
    engine.close()

    with pytest.raises(EngineError, match="This engine is closed"):
        client.list_domains(registrationStatus="REGISTERED")


def test_an_engine_may_be_closed_twice(engine):
    engine.close()

    engine.close()


def test_an_engine_tells_the_region_and_the_account_it_was_given(attached):
    with Engine(clock=VirtualClock(), region="eu-west-1", account="000000000001") as engine:
        client = attached(engine)
        client.register_domain(name="d", workflowExecutionRetentionPeriodInDays="1")

        arn = client.describe_domain(name="d")["domainInfo"]["arn"]

    assert arn == "arn:aws:swf:eu-west-1:000000000001:/domain/d"


@pytest.mark.parametrize("asked", [0, 1, 2, 3, 1000])
def test_no_page_has_more_items_than_an_engine_gives_at_most(clock, attached, registered, asked):
    with Engine(clock=clock, poll_wait_seconds=0, largest_page=2) as engine:
        client = attached(engine)
        registered(client)
        for name in "ab":
            client.register_domain(name=name, workflowExecutionRetentionPeriodInDays="1")
            client.register_activity_type(domain="d", name=name, version="1")
            client.register_workflow_type(domain="d", name=name, version="1")
        for name in "abc":
            started = {"domain": "d", "workflowId": name, "workflowType": {"name": "W", "version": "1"}}
            run_id = client.start_workflow_execution(**started)["runId"]
            client.terminate_workflow_execution(domain="d", workflowId=name)
            client.start_workflow_execution(**started)

        def pages(operation, member, **request):
            config = {"PageSize": asked} if asked else {}
            found = client.get_paginator(operation).paginate(**request, PaginationConfig=config)
            return [len(page[member]) for page in found]

        of_domain = {"domain": "d", "registrationStatus": "REGISTERED"}
        ever = {"domain": "d", "startTimeFilter": {"oldestDate": 0}}
        execution = {"workflowId": "c", "runId": run_id}
        three = [1, 1, 1] if asked == 1 else [2, 1]

        assert pages("list_domains", "domainInfos", registrationStatus="REGISTERED") == three
        assert pages("list_workflow_types", "typeInfos", **of_domain) == three
        assert pages("list_activity_types", "typeInfos", **of_domain) == ([1] * 4 if asked == 1 else [2, 2])
        assert pages("list_open_workflow_executions", "executionInfos", **ever) == three
        assert pages("list_closed_workflow_executions", "executionInfos", **ever) == three
        assert pages("get_workflow_execution_history", "events", domain="d", execution=execution) == three
        assert pages("poll_for_decision_task", "events", domain="d", taskList={"name": "dl"}) == three


@pytest.mark.parametrize("size", [0, -1, 1001, True, "100", None, 1.5])
def test_an_engine_has_no_largest_page_that_swf_cannot_have(size):
    with pytest.raises(ValidationError, match="largest_page"):
        Engine(largest_page=size)


def test_one_engine_answers_several_clients(engine, attached):
    one, other = attached(engine), attached(engine)

    one.register_domain(name="d", workflowExecutionRetentionPeriodInDays="1")

    assert other.describe_domain(name="d")["domainInfo"]["name"] == "d"


@pytest.mark.inprocess
def test_a_client_of_this_process_needs_no_credentials(engine, monkeypatch):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    client = boto3.Session().client("swf", region_name="us-east-1")

    engine.attach(client)

    assert client.list_domains(registrationStatus="REGISTERED")["domainInfos"] == []


def test_an_engine_is_asked_by_many_threads_at_once(engine, client, start):
    execution = start()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: execution.signal(f"s{number}"), range(200)))

    signals = {event.signal_name for event in execution.history()[2:]}
    assert signals == {f"s{number}" for number in range(200)}
    assert [event.id for event in execution.history()] == list(range(1, 203))


@pytest.mark.parametrize("attempt", range(5))
@pytest.mark.inprocess
def test_an_engine_that_is_closed_under_load_keeps_all_it_answered(tmp_path, attached, registered, attempt):
    path = tmp_path / "swf.db"
    engine = Engine(path, poll_wait_seconds=60)
    client = attached(engine, max_pool_connections=20)
    registered(client)
    answered, lock, busy = [], threading.Lock(), threading.Event()

    def work(name):
        for number in range(100_000):
            try:
                client.start_workflow_execution(
                    domain="d", workflowId=f"{name}-{number}", workflowType={"name": "W", "version": "1"}
                )
                client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
            except EngineError:
                return
            with lock:
                answered.append(f"{name}-{number}")
            if len(answered) > 20 + attempt:
                busy.set()

    with ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(work, name) for name in "abcdef"]
        assert busy.wait(60)
        engine.close()
        for worker in workers:
            worker.result(20)

    with Engine(path, clock=VirtualClock()) as engine:
        pages = attached(engine).get_paginator("list_open_workflow_executions")
        kept = {
            info["execution"]["workflowId"]
            for page in pages.paginate(domain="d", startTimeFilter={"oldestDate": 0})
            for info in page["executionInfos"]
        }
    assert set(answered) <= kept


def test_a_failure_of_the_engine_is_told_as_the_services_own_and_changes_nothing(engine, ask, refused, caplog):
    def fail(transaction, request):
        transaction.store.execute("INSERT INTO domain VALUES ('half', 'REGISTERED', NULL, '1')")
        raise ZeroDivisionError

    register = OPERATIONS["RegisterDomain"]
    OPERATIONS["RegisterDomain"] = fail
    try:
        with refused("InternalFailure"):
            ask("RegisterDomain", name="half", workflowExecutionRetentionPeriodInDays="1")
    finally:
        OPERATIONS["RegisterDomain"] = register

    assert "RegisterDomain failed inside the engine" in caplog.text
    assert ask("ListDomains", registrationStatus="REGISTERED")["domainInfos"] == []


def test_a_client_that_is_attached_again_is_answered_once(engine, client, start):
    execution = start()
    engine.attach(client)

    execution.signal()

    assert execution.history().names[2:] == ["WorkflowExecutionSignaled"]


def test_a_client_that_is_attached_to_another_engine_is_answered_by_that(client, domain):
    with Engine(clock=VirtualClock()) as other:
        other.attach(client)

        assert client.list_domains(registrationStatus="REGISTERED")["domainInfos"] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"clock": VirtualClock}, "is no clock. Give one that is made, such as VirtualClock()."),
        ({"clock": "virtual"}, "'virtual' is no clock."),
        ({"functions": ["resize"]}, "['resize'] is no mapping of functions."),
        ({"functions": {"resize": 5}}, "5 is no function for 'resize'."),
    ],
)
def test_an_engine_is_made_of_what_can_be_used(tmp_path, given, said):
    with pytest.raises(ValidationError) as refused:
        Engine(tmp_path / "swf.db", **given)

    assert said in str(refused.value)
    assert not list(tmp_path.iterdir())
