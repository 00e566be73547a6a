"""How actors fare, over HTTP."""

import json
import socket
import threading
import urllib.request
from contextlib import closing
from urllib.error import HTTPError

import pytest

from swf.actors import ActivityWorker, Actor, Decider
from swf.actors.health import HealthServer, Report, report_on
from swf.exceptions import ConfigurationError, OperationNotPermittedError
from swf.models import Domain
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask


class Completer(Decider):
    def decide(self, task):
        return CompleteWorkflowExecution()


def ask(server, path="/health", method="GET"):
    """Give status and body of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server.url}{path}", method=method), timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_actors_that_run_are_well(domain):
    actor = Completer(domain, "orders")

    with HealthServer(lambda: report_on(actor)) as server, actor:
        status, body = ask(server)

    assert status == 200
    assert json.loads(body) == {
        "status": "ok",
        "actors": [
            {
                "actor": "Completer",
                "domain": "shop",
                "task_list": "orders",
                "state": "running",
                "in_hand": 0,
                "failures": 0,
                "ended_by": None,
            }
        ],
    }


def test_one_actor_that_does_not_run_is_told(domain):
    running, stopped = Completer(domain, "orders"), Completer(domain, "more orders")

    with HealthServer(lambda: report_on(running, stopped)) as server, running:
        status, body = ask(server)

    assert status == 503
    assert json.loads(body)["status"] == "failing"
    assert [actor["state"] for actor in json.loads(body)["actors"]] == ["running", "stopped"]


def test_an_actor_whose_polls_fail_is_not_well_until_they_are_answered(connection):
    later = Domain("later", connection=connection)
    actor = Completer(later, "orders")

    with actor:
        while not actor.failures:
            pass
        failing = report_on(actor)
        later.save()
        while actor.failures:
            connection.end_polls(actor.identity)
        mended = report_on(actor)

    assert (failing.is_well, failing.details["actors"][0]["state"]) == (False, "running")
    assert mended.is_well


class Forbidden(Decider):
    """Is not allowed to poll."""

    def decide(self, task):
        return None

    def poll_task(self):
        raise OperationNotPermittedError("PollForDecisionTask is not allowed.")


def test_what_ended_an_actor_is_told(domain):
    actor = Forbidden(domain, "orders")

    actor.start()
    while actor.state is not Actor.STATES.STOPPED:
        pass

    assert not report_on(actor).is_well
    assert report_on(actor).details["actors"][0]["ended_by"] == "PollForDecisionTask is not allowed."


class Slow(ActivityWorker):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.works, self.may_finish = threading.Event(), threading.Event()

    def perform(self, task):
        self.works.set()
        assert self.may_finish.wait(60)


def test_tasks_in_hand_are_counted(domain, start):
    start("order-1")
    decider = Decider(domain, "orders")
    decider.poll().complete([ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack")])
    worker = Slow(domain, "packing")

    with worker:
        assert worker.works.wait(60)
        during = report_on(worker)
        worker.may_finish.set()

    assert during.is_well
    assert during.details["actors"][0]["in_hand"] == 1


@pytest.mark.parametrize(
    ("path", "method", "status", "body"),
    [
        ("/health?verbose=1", "GET", 200, b'{"status": "ok"}\n'),
        ("/health", "HEAD", 200, b""),
        ("/", "GET", 404, b'{"error": "There is only /health."}\n'),
        ("/healthz", "GET", 404, b'{"error": "There is only /health."}\n'),
    ],
)
def test_there_is_one_path(path, method, status, body):
    with HealthServer(lambda: Report(is_well=True, details={})) as server:
        assert ask(server, path, method) == (status, body)


def test_who_hangs_up_hurts_nobody():
    with HealthServer(lambda: Report(is_well=True, details={})) as server:
        with closing(socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))) as impatient:
            impatient.sendall(b"GET /hea")

        assert ask(server)[0] == 200


def test_a_port_that_is_taken_is_told_in_a_sentence():
    with HealthServer(lambda: Report(is_well=True, details={})) as server:
        port = int(server.url.rpartition(":")[2])

        with pytest.raises(ConfigurationError, match=f"Port {port} of 127.0.0.1 cannot be listened on: .* in use"):
            HealthServer(lambda: Report(is_well=True, details={}), port=port)


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_a_host_that_is_not_here_is_told_in_a_sentence(host):
    with pytest.raises(ConfigurationError, match=f"of {host} cannot be listened on"):
        HealthServer(lambda: Report(is_well=True, details={}), host)
