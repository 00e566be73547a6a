"""What becomes of a type or a domain: pure functions, by table."""

import attrs
import pytest

from swf.constants import DEPRECATED, REGISTERED
from swf.exceptions import ValidationError
from swf.models import ActivityType, Domain, ModelDiff, WorkflowType
from swf.sync import DeclaredDomain
from swf.sync.asking import Registered
from swf.sync.comparing import LONGEST_VERSION, domain_item, items_of, next_version, type_item

ARN = "arn:aws:swf:us-east-1:123456789012:/domain/shop"
SHOP = Domain("shop", retention_period=7)
CHARGE = ActivityType("shop", "Charge", "1.0", task_list="payments")


def gone(model):
    return attrs.evolve(model, status=DEPRECATED)


@pytest.mark.parametrize(
    ("held", "action", "diff", "following"),
    [
        (None, "register", (), None),
        (CHARGE, "unchanged", (), None),
        (attrs.evolve(CHARGE, description=""), "unchanged", (), None),
        (gone(CHARGE), "undeprecate", [("status", "REGISTERED", "DEPRECATED")], None),
        (attrs.evolve(CHARGE, task_list="p"), "differs", [("task_list", "payments", "p")], "1.2"),
        (attrs.evolve(CHARGE, task_priority=0), "differs", [("task_priority", None, 0)], "1.2"),
        (attrs.evolve(CHARGE, task_list=None), "differs", [("task_list", "payments", None)], "1.2"),
        (
            gone(attrs.evolve(CHARGE, task_list="p")),
            "differs",
            [("status", "REGISTERED", "DEPRECATED"), ("task_list", "payments", "p")],
            "1.2",
        ),
    ],
)
def test_what_becomes_of_a_type(held, action, diff, following):
    item = type_item(CHARGE, held, versions={"1.0", "1.1"})

    assert (item.action, item.diff, item.next_version) == (action, ModelDiff(*diff), following)
    assert item.key == ("activity", "shop", "Charge", "1.0")


@pytest.mark.parametrize(
    ("wanted", "tags", "held", "held_tags", "action", "diff"),
    [
        (SHOP, None, None, None, "register", ()),
        (SHOP, None, SHOP, None, "unchanged", ()),
        (SHOP, None, attrs.evolve(SHOP, description="x"), None, "unchanged", ()),
        (Domain("shop", retention_period=None), None, SHOP, None, "unchanged", ()),
        (SHOP, None, gone(SHOP), None, "undeprecate", [("status", "REGISTERED", "DEPRECATED")]),
        (SHOP, {"a": "1"}, SHOP, {"a": "1"}, "unchanged", ()),
        (SHOP, {"a": "1"}, SHOP, {"b": "2"}, "tag", [("tags", {"a": "1"}, {"b": "2"})]),
        (SHOP, {}, SHOP, {"b": "2"}, "tag", [("tags", {}, {"b": "2"})]),
        (
            SHOP,
            {"a": "1"},
            gone(SHOP),
            {},
            "undeprecate",
            [("status", "REGISTERED", "DEPRECATED"), ("tags", {"a": "1"}, {})],
        ),
        (Domain("shop", retention_period=8), None, SHOP, None, "differs", [("retention_period", 8, 7)]),
        (attrs.evolve(SHOP, description="new"), None, SHOP, None, "differs", [("description", "new", None)]),
    ],
)
def test_what_becomes_of_a_domain(wanted, tags, held, held_tags, action, diff):
    item = domain_item(wanted, tags, Registered(domain=held, tags=held_tags))

    assert (item.action, item.diff) == (action, ModelDiff(*diff))


def test_a_domain_that_is_to_be_registered_needs_a_retention_period():
    with pytest.raises(ValidationError, match="Declare its retention_period, in days, or register it; or check"):
        domain_item(Domain("shop", retention_period=None), None, Registered())


REFUND = WorkflowType("shop", "Refund", "1.0")


@pytest.mark.parametrize(("prune", "action"), [(False, "undeclared"), (True, "deprecate")])
def test_a_registered_type_that_is_not_declared_is_deprecated_only_when_pruning(prune, action):
    held = Registered(
        domain=SHOP,
        statuses={
            ("activity", ("Charge", "1.0")): REGISTERED,
            ("workflow", ("Charge", "1.0")): REGISTERED,
            ("activity", ("Charge", "0.9")): DEPRECATED,
            ("workflow", ("Refund", "1.0")): REGISTERED,
        },
        types={("activity", ("Charge", "1.0")): CHARGE, ("workflow", ("Refund", "1.0")): REFUND},
    )

    items = list(items_of(DeclaredDomain(SHOP, (REFUND,), (CHARGE,)), held, prune=prune))

    assert [(item.action, item.kind, item.name) for item in items] == [
        ("unchanged", "domain", "shop"),
        ("unchanged", "workflow", "Refund"),
        ("unchanged", "activity", "Charge"),
        (action, "workflow", "Charge"),
    ]


@pytest.mark.parametrize(
    ("version", "taken", "following"),
    [
        ("1.0", (), "1.1"),
        ("1", (), "2"),
        ("9", (), "10"),
        ("1.9", (), "1.10"),
        ("1.0", ("1.1", "1.2"), "1.3"),
        ("v3", (), "v4"),
        ("2024-01", (), "2024-02"),
        ("1.0-beta", (), "1.1-beta"),
        ("beta", (), "beta-2"),
        ("beta", ("beta-2",), "beta-3"),
        ("x" * LONGEST_VERSION, (), "x" * 54 + "-2"),
        ("9" * LONGEST_VERSION, (), "9" * 54 + "-2"),
    ],
)
def test_the_next_version_counts_the_last_number_up_past_those_that_are_taken(version, taken, following):
    assert next_version(version, taken) == following


@pytest.mark.parametrize(
    "item",
    [
        type_item(CHARGE, None),
        type_item(WorkflowType("shop", "Order", "1.0", child_policy=None, execution_timeout=None), None),
        type_item(WorkflowType("shop", "Order", "1.0"), None),
    ],
)
def test_an_item_gives_its_model_again(item):
    assert type_item(item.model, None) == item
