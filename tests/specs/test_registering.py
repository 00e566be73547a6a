"""Workflow types registered as documents want them."""

import json

import pytest

from swf.exceptions import SyncConflictError
from swf.models import Domain, WorkflowType
from swf.specs import loads
from swf.specs.registering import manifest, planned
from swf.sync import apply
from tests.specs.writing import activity, written


def document(**registrations):
    """Give a document with a workflow for each name, registered as it is said."""
    workflows = [
        written(activity("a"), name=name, registration=said)["workflows"][0] for name, said in registrations.items()
    ]
    return loads(json.dumps({"version": "1.0", "workflows": workflows}))


def symbols(plan):
    return [str(item) for item in plan.items if item.kind == "workflow"]


def registered(domain, status="REGISTERED"):
    return {each.name for each in domain.workflow_types.filter(status=status)}


@pytest.fixture
def shop(connection):
    shop = Domain("shop")
    shop.save()
    return shop


def test_what_is_active_is_registered_once(shop):
    specs = document(new={"execution_timeout": 60, "task_list": "coffee"}, off={"active": False})

    apply(planned(specs, shop))

    assert registered(shop) == {"new"}
    assert symbols(planned(specs, shop)) == ["= workflow new 1.0"]
    held = WorkflowType(shop, "new", "1.0").upstream()
    assert (held.execution_timeout, held.task_list, held.decision_tasks_timeout) == (60, "coffee", None)


def test_what_is_not_active_any_more_is_deprecated_and_comes_back(shop):
    apply(planned(document(w={}), shop))

    off = planned(document(w={"active": False}), shop)
    apply(off)
    deprecated = registered(shop, "DEPRECATED")
    again = planned(document(w={"active": False}), shop)
    on = planned(document(w={}), shop)
    apply(on)

    assert (symbols(off), symbols(again), symbols(on)) == (["- workflow w 1.0"], [], ["~ workflow w 1.0"])
    assert deprecated == registered(shop) == {"w"}


def test_what_is_registered_otherwise_is_told_and_left(shop):
    WorkflowType(shop, "w", "1.0", execution_timeout=5, child_policy=None, decision_tasks_timeout=None).save()
    plan = planned(document(w={"execution_timeout": 60}, new={}), shop)

    with pytest.raises(SyncConflictError, match="execution_timeout is 60 here and 5 in SWF"):
        apply(plan)
    before = registered(shop)
    apply(plan, skip_conflicts=True)

    assert before == {"w"}
    assert registered(shop) == {"w", "new"}


def test_other_types_of_the_domain_are_no_part_of_it(shop):
    WorkflowType(shop, "other", "1.0").save()

    assert symbols(planned(document(w={}), shop)) == ["+ workflow w 1.0"]


def test_the_manifest_has_what_is_active():
    [shop] = manifest(document(w={}, off={"active": False}), "shop").domains

    assert [each.name for each in shop.workflow_types] == ["w"]
