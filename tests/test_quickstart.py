"""The quickstart, step by step, as somebody types it in a shell."""

from collections.abc import Iterator

import pytest

from swf import settings
from swf.actors.core import Actor
from swf.actors.decider import Decider
from swf.actors.worker import ActivityWorker
from swf.connection import Connection, connect
from swf.constants import DEPRECATED, REGISTERED
from swf.credentials import set_aws_credentials
from swf.exceptions import PollTimeout
from swf.models import ActivityType, Domain, WorkflowType
from swf.models.base import Difference, ModelDiff
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask
from swf.querysets import DomainQuery, DomainQuerySet, WorkflowTypeQuerySet


@pytest.fixture(autouse=True)
def swf_of_this_process() -> Iterator[Connection]:
    with connect("local:") as connection:
        yield connection


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A home without a .swf file, and no credentials in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SWF_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield tmp_path
    settings.clear()


def source_of_key():
    return {row.name: row.source for row in settings.explain()}["aws_access_key_id"]


def test_credentials_come_from_a_file_in_the_home_folder(nobody):
    path = nobody / ".swf"
    path.write_text("[credentials]\naws_access_key_id=MYKEY\naws_secret_access_key=MYSECRET\n")
    path.chmod(0o600)

    key = settings.get("aws_access_key_id")

    assert key == "MYKEY"
    assert ".swf" in source_of_key()


def test_credentials_come_from_the_environment(nobody, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "MYKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "MYSECRET")

    key = settings.get("aws_access_key_id")

    assert key == "MYKEY"
    assert "AWS_ACCESS_KEY_ID" in source_of_key()


def test_credentials_come_from_the_program(nobody):
    set_aws_credentials("MYAWSACCESSKEYID", "MYAWSSECRETACCESSKEY")

    assert settings.get("aws_access_key_id") == "MYAWSACCESSKEYID"


def test_all_domains_are_listed():
    Domain("test1").save()
    Domain("test2").save()

    queryset = DomainQuery()

    assert repr(queryset.all()) == "[Domain('test1'), Domain('test2')]"


def test_a_domain_is_declared_saved_and_compared():
    D = Domain("my-test-domain-name", description="my-test-domain-description", retention_period=60)

    saved = D.save()

    assert saved is None
    assert D.exists is True
    assert D.is_synced is True
    assert repr(D.changes) == "ModelDiff()"


def test_a_change_made_elsewhere_is_seen_and_pulled():
    D = Domain("my-test-domain-name", retention_period=60)
    D.save()
    Domain("my-test-domain-name").delete()

    out_of_sync, changes = D.is_synced, D.changes
    D = D.upstream()

    assert out_of_sync is False
    assert repr(changes) == "ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))"
    assert changes == ModelDiff(Difference("status", REGISTERED, DEPRECATED))
    assert D.is_synced is True
    assert repr(D.changes) == "ModelDiff()"


def test_workflow_types_are_listed_and_filtered_by_status():
    Domain("MyTestDomain").save()
    domain_qs = DomainQuerySet()
    workflow_domain = domain_qs.get("MyTestDomain")
    for name in ("TestType1", "TestType2", "DeprecatedType1"):
        WorkflowType(workflow_domain, name, "1.0").save()
    WorkflowType(workflow_domain, "DeprecatedType1", "1.0").delete()

    workflow_qs = WorkflowTypeQuerySet(workflow_domain)

    assert repr(workflow_qs.all()) == "[WorkflowType('TestType1', '1.0'), WorkflowType('TestType2', '1.0')]"
    assert repr(workflow_qs.filter(status=DEPRECATED)) == "[WorkflowType('DeprecatedType1', '1.0')]"


def test_types_are_fetched_or_created_with_the_documented_arguments():
    Domain("MyTestDomain").save()
    domain = Domain("MyTestDomain")

    workflow_type = domain.workflow_types.get_or_create(
        "testW", "1", task_list="tl", child_policy="TERMINATE", execution_timeout="300", decision_tasks_timeout="300"
    )
    activity_type = domain.activity_types.get_or_create("testA", "1", task_list="tl", task_start_to_close_timeout=60)

    assert (workflow_type.execution_timeout, workflow_type.task_list) == (300, "tl")
    assert (activity_type.task_start_to_close_timeout, activity_type.task_heartbeat_timeout) == (60, None)
    assert workflow_type.creation_date is not None


class ThreadlessActor(Actor):
    """An actor with a runtime of its own."""

    def __init__(self, domain, task_list):
        super().__init__(domain, task_list)
        self.log = []

    def start(self):
        self.log.append("start")

    def stop(self):
        self.log.append("stop")


def test_an_actor_may_bring_its_own_start_and_stop():
    actor = ThreadlessActor(Domain("MyTestDomain"), "list")

    actor.start()
    actor.stop()

    assert actor.log == ["start", "stop"]


def test_a_decider_and_a_worker_run_an_execution_with_the_low_level_calls(swf_of_this_process):
    domain = Domain("MyTestDomain")
    domain.save()
    workflow_type = WorkflowType(domain, "Crawl", "1.0", task_list="decisions")
    workflow_type.save()
    ActivityType(
        domain,
        "Fetch",
        "1.0",
        task_list="fetching",
        task_heartbeat_timeout=60,
        task_schedule_to_close_timeout=60,
        task_schedule_to_start_timeout=60,
        task_start_to_close_timeout=60,
    ).save()
    execution = workflow_type.start_execution(workflow_id="crawl-1", input="https://example.com", tag_list=["a"])
    decider, worker = Decider(domain, "decisions"), ActivityWorker(domain, "fetching")

    task = decider.poll(task_list="decisions", identity="me", maximum_page_size=10)
    decider.complete(
        task.task_token,
        decisions=[ScheduleActivityTask(activity_type=("Fetch", "1.0"), activity_id="f1", input=task.history.input)],
        execution_context="fetching",
    )
    activity = worker.poll(task_list="fetching")
    asked_to_cancel = worker.heartbeat(activity.task_token, details="half")
    worker.complete(activity.task_token, result="<html>")
    decider.complete(decider.poll().task_token, decisions=[CompleteWorkflowExecution(result="ok")])

    assert activity.input == "https://example.com"
    assert asked_to_cancel is False
    assert execution.wait(timeout=5).close_status == "COMPLETED"
    assert execution.result == "ok"
    assert execution.history().finished is True


def test_a_poll_that_finds_nothing_raises_poll_timeout(swf_of_this_process):
    domain = Domain("MyTestDomain")
    domain.save()
    swf_of_this_process.engine.poll_wait_seconds = 0

    with pytest.raises(PollTimeout):
        ActivityWorker(domain, "nothing-here").poll()
