import copy
import pickle
from datetime import UTC, datetime

import pytest

from swf.connection import Connection
from swf.constants import CHILD_POLICIES, DEPRECATED
from swf.engine import Engine
from swf.exceptions import (
    ActivityTypeDoesNotExist,
    AlreadyExistsError,
    DeprecatedError,
    DoesNotExistError,
    NotDeprecatedError,
    ValidationError,
    WorkflowTypeDoesNotExist,
)
from swf.models import ActivityType, Domain, WorkflowType

KINDS = [WorkflowType, ActivityType]


def other(kind, **attributes):
    return kind("shop", "Other", "2.0", **attributes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_that_is_saved_is_there_and_synced(kind, domain, calls):
    declared = other(kind)
    calls.clear()

    declared.save()

    assert declared.exists is True
    assert declared.is_synced is True
    assert repr(declared.changes) == "ModelDiff()"
    assert calls == [f"Register{kind.__name__}", *[f"Describe{kind.__name__}"] * 3]


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_that_is_not_there_raises_its_own_error(kind, domain):
    declared = other(kind)

    assert declared.exists is False
    assert declared.is_synced is False
    for ask in (lambda: declared.changes, declared.upstream, declared.delete, declared.undeprecate, declared.purge):
        with pytest.raises(kind.DoesNotExist, match="Unknown type"):
            ask()


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_of_a_domain_that_is_not_there_does_not_exist(kind, connection):
    declared = kind("nowhere", "Other", "2.0")

    assert declared.exists is False
    with pytest.raises(DoesNotExistError, match="Unknown domain: nowhere"):
        declared.save()


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_lives_from_registered_to_deprecated_to_deleted(kind, domain):
    declared = other(kind)
    declared.save()
    with pytest.raises(kind.AlreadyExists):
        declared.save()
    with pytest.raises(AlreadyExistsError):
        declared.undeprecate()
    with pytest.raises(NotDeprecatedError):
        declared.purge()

    declared.delete()
    assert repr(declared.changes) == "ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))"
    with pytest.raises(DeprecatedError):
        declared.delete()

    declared.undeprecate()
    assert declared.is_synced is True

    declared.delete()
    declared.purge()
    assert declared.exists is False


def test_every_default_of_a_workflow_type_is_registered_and_read(domain):
    declared = WorkflowType(
        domain,
        "Order",
        "1.0",
        task_list="orders",
        child_policy=CHILD_POLICIES.ABANDON,
        execution_timeout=3600,
        decision_tasks_timeout="NONE",
        description="From basket to parcel",
        task_priority=-5,
        lambda_role="arn:aws:iam::123456789012:role/swf",
    )
    declared.save()

    upstream = declared.upstream()

    assert upstream == declared
    assert upstream.creation_date == datetime(2030, 1, 1, tzinfo=UTC)
    assert upstream.deprecation_date is None


def test_every_default_of_an_activity_type_is_registered_and_read(domain):
    declared = ActivityType(
        domain,
        "Charge",
        "1.0",
        description="Takes the money",
        task_list="payments",
        task_heartbeat_timeout=10,
        task_schedule_to_close_timeout=20,
        task_schedule_to_start_timeout=30,
        task_start_to_close_timeout="NONE",
        task_priority=5,
    )
    declared.save()

    assert declared.upstream() == declared


def test_what_is_not_declared_is_not_registered(domain):
    ActivityType(domain, "Charge", "1.0").save()

    upstream = ActivityType(domain, "Charge", "1.0").upstream()

    assert upstream.task_list is None
    assert upstream.task_heartbeat_timeout is None
    assert upstream.task_priority is None


def test_a_workflow_type_has_defaults_of_its_own_unless_none_is_said():
    declared = WorkflowType("shop", "Order", "1.0")

    assert (declared.child_policy, declared.execution_timeout, declared.decision_tasks_timeout) == (
        "TERMINATE",
        300,
        300,
    )


def test_none_leaves_a_default_out(domain):
    WorkflowType(domain, "Order", "1.0", child_policy=None, execution_timeout=None, decision_tasks_timeout=None).save()

    assert WorkflowType(domain, "Order", "1.0").changes == [
        ("child_policy", "TERMINATE", None),
        ("execution_timeout", 300, None),
        ("decision_tasks_timeout", 300, None),
    ]


def test_a_timeout_of_zero_is_not_the_same_as_none(domain):
    ActivityType(domain, "Charge", "1.0", task_heartbeat_timeout=0).save()

    assert ActivityType(domain, "Charge", "1.0").changes == [("task_heartbeat_timeout", None, 0)]


def test_an_empty_description_is_the_same_as_none(domain):
    WorkflowType(domain, "Order", "1.0", description="").save()

    assert WorkflowType(domain, "Order", "1.0").is_synced is True


def test_timeouts_may_be_written_as_text(domain):
    declared = WorkflowType(domain, "Order", "1.0", execution_timeout="300", decision_tasks_timeout="60")
    declared.save()

    assert declared.execution_timeout == 300
    assert declared.is_synced is True


@pytest.mark.parametrize(("kind", "listed"), [(WorkflowType, "workflow_types"), (ActivityType, "activity_types")])
def test_a_type_that_was_listed_reports_no_change_in_what_the_list_left_out(kind, listed, domain):
    other(kind, task_list="somewhere", task_priority=3).save()

    found = getattr(domain, listed).first()

    assert found.task_list is None
    assert repr(found.changes) == "ModelDiff()"
    found.delete()
    assert repr(found.changes) == "ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"name": ""}, "name '' has 0 characters"),
        ({"version": ""}, "version '' has 0 characters"),
        ({"version": "v" * 65}, "65 characters"),
        ({"task_list": "x" * 257}, "task_list .* has 257 characters"),
        ({"child_policy": "KILL"}, "must be one of TERMINATE, REQUEST_CANCEL, ABANDON"),
        ({"execution_timeout": -1}, "must be at least 0"),
        ({"execution_timeout": "soon"}, "must be a whole number"),
        ({"decision_tasks_timeout": True}, "must be a whole number"),
        ({"task_priority": 2**31}, "must be at most"),
        ({"creation_date": datetime(2030, 1, 1)}, "time zone"),
    ],
)
def test_a_type_that_swf_would_refuse_is_not_built(attributes, message):
    with pytest.raises(ValidationError, match=message):
        WorkflowType("shop", **{"name": "Order", "version": "1.0", **attributes})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValidationError) as raised:
        WorkflowType("shop", "", "", task_list="")

    assert str(raised.value).count("has 0 characters") == 3


def test_types_are_values_within_their_domain():
    declared = WorkflowType("shop", "Order", "1.0")

    assert declared == WorkflowType(Domain("shop", retention_period=7), "Order", "1.0")
    assert hash(declared) == hash(WorkflowType("shop", "Order", "1.0"))
    assert declared != WorkflowType("bank", "Order", "1.0")
    assert declared != WorkflowType("shop", "Order", "1.1")
    assert repr(declared) == "WorkflowType('Order', '1.0')"
    assert str(declared) == "Order 1.0"
    assert copy.deepcopy(declared) == pickle.loads(pickle.dumps(declared)) == declared


def test_a_type_uses_the_connection_of_its_domain(connection):
    with Engine() as elsewhere:
        there = Domain("bank", connection=Connection.over(elsewhere))
        there.save()
        account = ActivityType(there, "Account", "1.0")
        account.save()

        assert account.upstream().exists is True
        assert ActivityType("bank", "Account", "1.0").exists is False
        assert [found.exists for found in there.activity_types] == [True]


def test_the_domain_of_a_type_may_be_told_by_its_name():
    assert ActivityType("shop", "Charge", "1.0").domain == Domain("shop")


def test_the_types_of_a_domain_are_found_by_status(domain, order, charge):
    charge.delete()

    assert list(map(repr, domain.workflows())) == ["WorkflowType('Order', '1.0')"]
    assert list(domain.activities()) == []
    assert list(map(repr, domain.activities(DEPRECATED))) == ["ActivityType('Charge', '1.0')"]


def test_the_errors_are_of_the_kind():
    assert WorkflowType.DoesNotExist is WorkflowTypeDoesNotExist
    assert ActivityType.DoesNotExist is ActivityTypeDoesNotExist


@pytest.mark.parametrize(
    ("timeout", "problem"),
    [("NONE", "is not allowed here; give a number"), (100_000_000, "must be at most 99999999")],
)
def test_an_execution_timeout_that_never_ends_is_refused_before_anything_is_sent(timeout, problem):
    with pytest.raises(ValidationError, match=problem):
        WorkflowType("shop", "Order", "1.0", execution_timeout=timeout)
