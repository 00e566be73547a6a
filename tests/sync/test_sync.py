"""Plans made and carried out, on the engine."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swf.connection import Connection
from swf.documents import FORMATS
from swf.engine import Engine
from swf.exceptions import (
    DeprecatedError,
    DomainDoesNotExist,
    StalePlanError,
    SyncConflictError,
    ThrottledError,
    ValidationError,
)
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync import Applied, Manifest, Plan, Result, Target, apply, plan, registered, remaining
from swf.sync.patience import TRIES, patiently, threads

SHOP = Domain("shop", retention_period=7)
ORDER = WorkflowType("shop", "Order", "1.0", task_list="orders")
CHARGE = ActivityType("shop", "Charge", "1.0", task_list="payments")
REFUND = ActivityType("shop", "Refund", "1.0", task_list="payments")
MANIFEST = Manifest.of(SHOP, ORDER, CHARGE, REFUND, tags={"shop": {"team": "orders"}})

READS = {"DescribeDomain", "ListTagsForResource", "ListWorkflowTypes", "ListActivityTypes"}
WRITES = ("Register", "Deprecate", "Undeprecate", "Delete", "Tag", "Untag")


def told(made):
    return [str(item) for item in made.items]


@pytest.fixture
def synced(connection):
    """What the manifest declares is registered."""
    apply(plan(MANIFEST))


# Plans


def test_what_is_not_there_is_to_be_registered(connection):
    made = plan(MANIFEST)

    assert told(made) == ["+ domain shop", "+ workflow Order 1.0", "+ activity Charge 1.0", "+ activity Refund 1.0"]
    assert made.counts == {"register": 4}
    assert made.has_drift
    assert made.target == Target(region="us-east-1", endpoint=connection.endpoint_url, account=None)


def test_what_is_there_as_declared_is_no_drift(synced):
    made = plan(MANIFEST)

    assert made.counts == {"unchanged": 4}
    assert not made.has_drift


def test_what_becomes_of_types_and_domains(synced):
    CHARGE.delete()
    other = ActivityType("shop", "Refund", "1.0", task_list="elsewhere")
    new = ActivityType("shop", "Pack", "1.0")
    manifest = Manifest.of(SHOP, CHARGE, other, new, tags={"shop": {"team": "shipping"}})

    made = plan(manifest)

    assert told(made) == [
        "~ domain shop",
        "~ activity Charge 1.0",
        "! activity Refund 1.0",
        "+ activity Pack 1.0",
        "- workflow Order 1.0",
    ]
    assert made.counts == {"register": 1, "undeprecate": 1, "tag": 1, "undeclared": 1, "differs": 1}
    assert [item.name for item in made.conflicts] == ["Refund"]


def test_the_next_version_of_a_type_that_differs_is_one_that_is_free(synced):
    CHARGE.delete()
    for version in ("1.1", "1.2"):
        attrs.evolve(CHARGE, version=version).save()
    attrs.evolve(CHARGE, version="1.2").delete()

    made = plan(Manifest.of(attrs.evolve(CHARGE, task_list="elsewhere")))

    assert made.items[1].next_version == "1.3"


def test_undeclared_types_alone_are_drift_only_when_they_are_pruned(synced):
    part = Manifest.of(SHOP, ORDER, CHARGE)

    assert not plan(part).has_drift
    assert plan(part, prune=True).has_drift


def test_a_deprecated_domain_has_its_types_undeprecated_too(synced):
    SHOP.delete()

    made = plan(MANIFEST)
    apply(made)

    assert {item.action for item in made.items} == {"undeprecate"}
    assert not plan(MANIFEST).has_drift


def test_several_domains_are_in_one_plan(synced):
    bakery = Domain("bakery", retention_period=1)

    made = plan(Manifest.of(MANIFEST, bakery, ActivityType("bakery", "Bake", "1")))

    assert told(made)[4:] == ["+ domain bakery", "+ activity Bake 1"]


def test_a_plan_asks_with_as_few_calls_as_there_can_be(connection, calls):
    types = [ActivityType("shop", f"A{number}", "1.0") for number in range(200)]
    apply(plan(Manifest.of(SHOP, *types)))
    for name in ("undeclared", "another"):
        ActivityType("shop", name, "1.0").save()
    calls.clear()

    plan(Manifest.of(SHOP, *types, ActivityType("shop", "new", "1.0"), tags={"shop": {}}))

    assert Counter(calls) == {
        "DescribeDomain": 1,
        "ListTagsForResource": 1,
        "ListActivityTypes": 2,
        "ListWorkflowTypes": 2,
        "DescribeActivityType": 200,
    }


def test_a_domain_that_is_not_there_is_asked_for_once(connection, calls):
    plan(MANIFEST)

    assert calls.count("DescribeDomain") == 1
    assert not {"ListActivityTypes", "ListWorkflowTypes"} & set(calls)


@pytest.mark.parametrize("prune", [False, True])
def test_a_plan_writes_nothing(synced, calls, prune):
    plan(Manifest.of(Domain("new", retention_period=1), CHARGE), prune=prune)

    assert not [call for call in calls if call.startswith(WRITES)]


def test_requests_are_under_way_at_the_same_time_but_not_too_many(connection, synced):
    more = [ActivityType("shop", f"A{number}", "1.0") for number in range(3)]
    apply(plan(Manifest.of(*more)))
    under_way, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(3)

    def begin(**_):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait(20)

    def end(**_):
        nonlocal under_way
        with lock:
            under_way -= 1

    events = connection.client.meta.events
    events.register("provide-client-params.swf.DescribeActivityType", begin)
    events.register("provide-client-params.swf.DescribeWorkflowType", begin)
    events.register("after-call.swf.DescribeActivityType", end)
    events.register("after-call.swf.DescribeWorkflowType", end)

    plan(Manifest.of(MANIFEST, *more), workers=3)

    assert most == 3


# Applying


def test_a_plan_is_carried_out_and_then_there_is_nothing_to_do(connection):
    heard = []

    applied = apply(plan(MANIFEST), hear=heard.append)

    made = {"+ domain shop", "+ workflow Order 1.0", "+ activity Charge 1.0", "+ activity Refund 1.0"}
    assert {str(item) for item in applied.made} == {str(result.item) for result in heard} == made
    assert {result.outcome for result in heard} == {"made"}
    assert applied.done == applied.made
    assert (applied.found, applied.skipped, applied.has_drift) == ((), (), False)
    assert registered() == MANIFEST
    assert not plan(MANIFEST).has_drift


def test_domains_come_first_and_what_is_pruned_last(synced, requests):
    SHOP.delete()
    requests.clear()

    apply(plan(Manifest.of(SHOP, CHARGE, ActivityType("shop", "Pack", "1.0")), prune=True))

    written = [name for name, _ in requests if name.startswith(WRITES)]
    assert written[0] == "UndeprecateDomain"
    assert set(written[1:]) == {"UndeprecateActivityType", "RegisterActivityType"}


def test_pruning_deprecates_what_is_not_declared(synced):
    apply(plan(Manifest.of(SHOP, CHARGE), prune=True))

    assert registered("shop") == Manifest.of(SHOP, CHARGE, tags={"shop": {"team": "orders"}})
    assert ORDER.upstream().status == "DEPRECATED"


def test_tags_are_made_those_that_are_declared(synced):
    shop = Domain("shop").upstream()
    shop.tag({"left": "x", "team": "packing"})

    apply(plan(Manifest.of(SHOP, tags={"shop": {"team": "orders", "new": "y"}})))

    assert shop.tags == {"team": "orders", "new": "y"}


def test_tags_that_aws_gives_itself_are_left_alone(synced):
    Domain("shop").upstream().tag({"aws:made": "x"})

    assert not plan(MANIFEST).has_drift
    assert registered("shop") == MANIFEST


def test_a_conflict_stops_before_anything_is_changed(synced, calls):
    manifest = Manifest.of(attrs.evolve(CHARGE, task_list="elsewhere"), ActivityType("shop", "Pack", "1.0"))
    made = plan(manifest)
    calls.clear()

    with pytest.raises(SyncConflictError) as refused:
        apply(made)

    assert str(refused.value) == (
        "Some of what is declared is registered otherwise, and SWF cannot change it.\n"
        "activity Charge 1.0 in shop: task_list is 'elsewhere' here and 'payments' in SWF; a type never changes: "
        "declare version 1.1."
    )
    assert calls == []


def test_conflicts_may_be_left_as_they_are(synced):
    other = attrs.evolve(CHARGE, task_list="elsewhere")
    pack = ActivityType("shop", "Pack", "1.0")

    applied = apply(plan(Manifest.of(other, pack)), skip_conflicts=True)

    assert [item.name for item in applied.made] == ["Pack"]
    assert [item.name for item in applied.skipped] == ["Charge"]
    assert CHARGE.is_synced
    assert pack.is_synced


def test_of_a_domain_that_differs_what_can_be_changed_is_changed(synced):
    SHOP.delete()
    made = plan(Manifest.of(Domain("shop", retention_period=8), tags={"shop": {"a": "b"}}))
    heard = []

    applied = apply(made, skip_conflicts=True, hear=heard.append)

    found = Domain("shop").upstream()
    assert (found.status, found.retention_period, found.tags) == ("REGISTERED", 7, {"a": "b"})
    assert [str(item) for item in applied.skipped] == ["! domain shop"]
    assert applied.done == ()
    assert heard == [Result(made.changes[0], "partly_made")]
    assert applied.made == made.changes == applied.skipped


def test_of_a_type_that_differs_nothing_is_changed(synced):
    CHARGE.delete()

    made = plan(Manifest.of(attrs.evolve(CHARGE, task_list="elsewhere")))

    assert made.changes == ()
    assert [str(item) for item in made.conflicts] == ["! activity Charge 1.0"]


def meanwhile(make):
    """Give a plan that is out of date in the way that `make` says."""
    made = plan(MANIFEST)
    make()
    return made


def test_what_another_job_did_meanwhile_counts_as_done(connection):
    made = meanwhile(lambda: apply(plan(MANIFEST)))

    applied = apply(made)

    assert (len(applied.made), len(applied.found)) == (0, 4)
    assert not plan(MANIFEST).has_drift


def test_what_another_job_registered_and_deprecated_meanwhile_is_undeprecated(connection):
    made = meanwhile(lambda: (apply(plan(MANIFEST)), CHARGE.delete()))

    applied = apply(made)

    assert CHARGE.is_synced
    assert [item.name for item in applied.made] == ["Charge"]
    assert len(applied.found) == 3


def test_a_domain_that_another_job_registered_without_tags_gets_them(connection):
    made = meanwhile(SHOP.save)

    apply(made)

    assert not plan(MANIFEST).has_drift


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: [SHOP.save(), attrs.evolve(CHARGE, task_list="p").save()],
            "activity Charge 1.0 in shop: task_list is",
        ),
        (
            lambda: Domain("shop", retention_period=8).save(),
            "domain shop: retention_period is 7 here and 8 in SWF; nothing of a do",
        ),
    ],
)
def test_what_another_job_registered_otherwise_meanwhile_is_a_conflict(connection, make, said):
    made = meanwhile(make)

    with pytest.raises(SyncConflictError, match=said):
        apply(made)


def test_what_another_job_registered_otherwise_meanwhile_may_be_left(connection):
    made = meanwhile(lambda: [SHOP.save(), attrs.evolve(CHARGE, task_list="p").save()])

    applied = apply(made, skip_conflicts=True)

    assert [str(item) for item in applied.skipped] == ["! activity Charge 1.0"]
    assert sorted(item.name for item in applied.made) == ["Order", "Refund", "shop"]
    assert applied.found == ()


def test_what_another_job_deprecated_or_deleted_meanwhile_is_done(synced):
    made = plan(Manifest.of(SHOP), prune=True)
    CHARGE.delete()
    REFUND.delete()
    REFUND.purge()

    applied = apply(made)

    assert [item.name for item in applied.made] == ["Order"]
    assert [item.name for item in applied.found] == ["Charge", "Refund"]


def test_what_fails_is_named(connection):
    made = meanwhile(lambda: [SHOP.save(), SHOP.delete()])
    [order] = [item for item in made.items if item.name == "Order"]

    with pytest.raises(DeprecatedError) as refused:
        apply(attrs.evolve(made, items=(order,)))

    assert refused.value.__notes__ == ["This was about workflow Order 1.0 in shop."]


def test_two_that_apply_at_the_same_time_both_succeed(connection):
    types = [ActivityType("shop", f"A{number}", "1.0") for number in range(50)]
    manifest = Manifest.of(SHOP, *types)
    made = plan(manifest)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: apply(made), range(2)))

    assert [len(applied.done) for applied in both] == [51, 51]
    assert sum(len(applied.made) for applied in both) == 51
    assert not plan(manifest).has_drift


def test_what_is_interrupted_half_way_can_be_run_again(connection):
    types = [ActivityType("shop", f"A{number}", "1.0") for number in range(50)]
    manifest = Manifest.of(SHOP, *types)
    heard = []

    def hear(result):
        heard.append(result)
        if len(heard) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(plan(manifest), hear=hear)
    left = plan(manifest)
    apply(left)

    assert left.counts["unchanged"] == len(heard)
    assert len(heard) < 51
    assert not plan(manifest).has_drift


# Throttling


def test_what_comes_too_fast_is_sent_again_later():
    answers, waited = [1, 2, None], []

    def send():
        answer = answers.pop(0)
        if answer:
            raise ThrottledError("Rate exceeded")
        return "sent"

    assert patiently(send, pause=lambda refusals: waited.append(refusals) or 0) == "sent"
    assert waited == [1, 2]


def test_what_always_comes_too_fast_is_given_up():
    waited = []

    def send():
        raise ThrottledError("Rate exceeded")

    with pytest.raises(ThrottledError):
        patiently(send, pause=lambda refusals: waited.append(refusals) or 0)

    assert waited == list(range(1, TRIES))


def test_whoever_leaves_waits_for_no_request_that_is_to_be_sent_again_later():
    is_refused = threading.Event()

    def send():
        is_refused.set()
        raise ThrottledError("Rate exceeded")

    with pytest.raises(KeyboardInterrupt), threads(1) as pool:  # noqa: PT012
        asked = pool.submit(patiently, send, pause=lambda refusals: 1000)
        assert is_refused.wait(60)
        raise KeyboardInterrupt

    with pytest.raises(ThrottledError):
        asked.result(0)


def test_a_sync_of_more_than_aws_takes_at_once_is_done_all_the_same():
    types = [ActivityType("shop", f"A{number}", "1.0") for number in range(300)]
    manifest = Manifest.of(SHOP, *types)
    with Engine(limits="aws") as engine, Connection.over(engine) as connection:
        applied = apply(plan(manifest, connection=connection))

        assert engine.counts().over_limits["RegisterActivityType"]["ThrottlingException"] > 0
        assert len(applied.done) == 301
        assert not plan(manifest, connection=connection).has_drift


# Plans in files


def test_a_plan_comes_back_from_its_file(synced, saved):
    CHARGE.delete()
    made = plan(Manifest.of(MANIFEST, ActivityType("shop", "Pack", "1.0")), prune=True)

    loaded = saved(made)

    assert loaded == made
    assert loaded.manifest == Manifest.of(MANIFEST, ActivityType("shop", "Pack", "1.0"))


def test_a_plan_from_a_file_is_carried_out(connection, saved):
    apply(saved(plan(MANIFEST)))

    assert not plan(MANIFEST).has_drift


def test_a_plan_from_a_file_can_be_carried_out_again(connection, saved):
    loaded = saved(plan(MANIFEST))
    SHOP.save(tags={"team": "orders"})
    CHARGE.save()

    for _ in range(2):
        apply(loaded)

    assert not plan(MANIFEST).has_drift


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (CHARGE.delete, "SWF is not as it was when the plan was made: activity Charge 1.0. Make a new plan."),
        (lambda: ActivityType("shop", "Pack", "1").save(), "made: activity Pack 1. Make a new plan."),
        (lambda: ActivityType("shop", "New", "1", task_list="other").save(), "made: activity New 1. Make"),
        (lambda: Domain("shop").upstream().tag(team="x"), "made: domain shop. Make a new plan."),
        (ORDER.delete, "made: workflow Order 1.0. Make a new plan."),
    ],
)
def test_a_plan_from_a_file_is_refused_when_swf_has_changed_since(synced, saved, calls, change, said):
    loaded = saved(plan(Manifest.of(MANIFEST, ActivityType("shop", "New", "1", task_list="new"))))
    change()
    calls.clear()

    with pytest.raises(StalePlanError) as refused:
        apply(loaded)

    assert said in str(refused.value)
    assert not [call for call in calls if call.startswith(WRITES)]


def test_a_plan_from_a_file_that_is_applied_twice_finds_nothing_left_to_do(connection, saved, calls):
    loaded = saved(plan(MANIFEST))
    apply(loaded)
    calls.clear()

    again = apply(loaded)

    assert again.made == ()
    assert [str(item) for item in again.found] == told(loaded)
    assert not again.has_drift
    assert not [call for call in calls if call.startswith(WRITES)]


def test_what_is_left_of_a_plan_from_a_file_is_what_nobody_has_done_yet(connection, saved):
    loaded = saved(plan(MANIFEST))
    SHOP.save(tags={"team": "orders"})
    CHARGE.save()

    left = remaining(loaded)

    assert [str(item) for item in left.changes] == ["+ workflow Order 1.0", "+ activity Refund 1.0"]
    assert [str(item) for item in left.found] == ["+ domain shop", "+ activity Charge 1.0"]


def test_a_pruned_type_of_a_plan_that_is_applied_twice_is_found_too(synced, saved):
    loaded = saved(plan(Manifest.of(SHOP, CHARGE, ORDER), prune=True))
    apply(loaded)

    again = apply(loaded)

    assert (again.made, [str(item) for item in again.found]) == ((), ["- activity Refund 1.0"])
    assert [result.outcome for result in again.results] == [None, None, None, "found"]


def test_a_domain_that_differs_and_is_tagged_by_a_plan_may_be_applied_twice(synced, saved):
    SHOP.delete()
    loaded = saved(plan(Manifest.of(Domain("shop", retention_period=8), tags={"shop": {"a": "b"}})))
    first = apply(loaded, skip_conflicts=True)

    again = apply(loaded, skip_conflicts=True)

    assert [result.outcome for result in first.results if result.outcome] == ["partly_made"]
    assert again.made == ()
    assert [str(item) for item in again.skipped] == ["! domain shop"]


def test_a_domain_that_began_to_differ_otherwise_makes_a_plan_stale(synced, saved):
    SHOP.delete()
    loaded = saved(plan(Manifest.of(Domain("shop", retention_period=8), tags={"shop": {"a": "b"}})))
    Domain("shop").upstream().tag(c="d")

    with pytest.raises(StalePlanError, match="domain shop"):
        apply(loaded, skip_conflicts=True)


def test_each_item_has_its_outcome_also_when_it_ended_too_early(synced):
    CHARGE.delete()
    made = plan(Manifest.of(SHOP, CHARGE, attrs.evolve(ORDER, task_list="other"), ActivityType("shop", "Pack", "1.0")))
    charge = next(item for item in made.items if item.name == "Charge")

    so_far = Applied(plan=made, heard=(Result(charge, "made"),))

    assert [(result.item.name, result.outcome) for result in so_far.results] == [
        ("shop", None),
        ("Order", "conflict"),
        ("Charge", "made"),
        ("Pack", "not_made"),
        ("Refund", None),
    ]
    assert so_far.has_drift
    assert so_far.data["outcomes"] == {"conflict": 1, "made": 1, "not_made": 1}


WHERE = ("endpoint", "account")


def spoilt(data, **changes):
    return json.dumps({**data, **changes})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: "{", "cannot be read: Expecting property name"),
        (lambda data: "[]", "is no plan. Make one: swf diff SOURCE --out FILE"),
        (lambda data: "{}", "is no plan."),
        (lambda data: spoilt(data, items=[{}]), "is no plan."),
        (lambda data: spoilt(data, items=5), "is no plan."),
        (lambda data: spoilt(data, items=[{**data["items"][0], "action": "drop"}]), "is no plan."),
        (
            lambda data: spoilt({name: value for name, value in data.items() if name not in WHERE}, schema_version=1),
            "is a plan of version 1, which does not say for which SWF it was made. Make it again: swf diff SOURCE "
            "--out",
        ),
        (
            lambda data: spoilt(data, schema_version=3),
            "is a plan of version 3, and this is for version 2. Make it again",
        ),
        (lambda data: spoilt(data, account="210987654321"), "was changed after it was written."),
        (lambda data: spoilt(data, endpoint="http://127.0.0.1:1"), "was changed after it was written."),
        (lambda data: spoilt(data, prune=True), "was changed after it was written."),
        (lambda data: spoilt(data, items=data["items"][1:]), "was changed after it was written."),
    ],
)
def test_a_file_that_is_no_plan_is_refused(connection, tmp_path, spoil, said):
    path = tmp_path / "plan.json"
    path.write_text(spoil(plan(MANIFEST).data))

    with pytest.raises(ValidationError) as refused:
        Plan.load(path)

    assert said in str(refused.value)


def test_a_plan_that_is_missing_is_told(tmp_path):
    with pytest.raises(ValidationError, match=r"cannot be read: .*No such file"):
        Plan.load(tmp_path / "none.json")


# What is registered


def test_what_is_registered_becomes_a_manifest_of_all_domains(synced):
    Domain("bakery", retention_period=1).save()
    REFUND.delete()

    manifest = registered()

    bakery = Manifest.of(Domain("bakery", retention_period=1), tags={"bakery": {}})
    assert manifest == Manifest.of(bakery, Manifest.of(SHOP, ORDER, CHARGE, tags={"shop": {"team": "orders"}}))


def test_a_domain_that_is_not_there_has_no_manifest(connection):
    with pytest.raises(DomainDoesNotExist):
        registered("shop")


# Round trips


def texts(longest):
    return st.text(st.characters(exclude_categories=("Cs",)), max_size=longest)


def named(longest):
    plain = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=":/|")
    return st.text(plain, min_size=1, max_size=longest).filter(lambda text: text != "arn" and text == text.strip())


SECONDS = st.none() | st.just("NONE") | st.integers(0, 99_999_999)
OPTIONAL = {"description": st.none() | texts(30), "task_list": st.none() | named(20)}
PRIORITY = {"task_priority": st.none() | st.integers(-(2**31), 2**31 - 1)}


def types_of(cls, **attributes):
    made = st.builds(cls, st.just("shop"), named(10), named(5), **OPTIONAL, **PRIORITY, **attributes)
    return st.lists(made, max_size=3, unique_by=lambda each: (each.name, each.version)).map(tuple)


WORKFLOWS = types_of(
    WorkflowType,
    child_policy=st.sampled_from([None, "TERMINATE", "ABANDON", "REQUEST_CANCEL"]),
    execution_timeout=st.none() | st.integers(0, 31_536_000),
    decision_tasks_timeout=SECONDS,
    lambda_role=st.none() | st.just("arn:aws:iam::123456789012:role/x"),
)
TIMEOUTS = ("heartbeat", "schedule_to_close", "schedule_to_start", "start_to_close")
ACTIVITIES = types_of(ActivityType, **{f"task_{name}_timeout": SECONDS for name in TIMEOUTS})
TAG = st.text(st.sampled_from("abC1 .:/=+-@_é"), min_size=1, max_size=10)
DOMAINS = st.builds(
    Domain, st.just("shop"), retention_period=st.integers(0, 90) | st.just("NONE"), description=st.none() | texts(20)
)


@st.composite
def manifests(draw):
    tags = draw(st.dictionaries(TAG, TAG, max_size=3))
    return Manifest.of(draw(DOMAINS), *draw(WORKFLOWS), *draw(ACTIVITIES), tags={"shop": tags})


@settings(max_examples=25)
@given(manifest=manifests(), form=st.sampled_from(FORMATS))
def test_what_is_applied_and_exported_is_declared_again(manifest, form):
    with Engine() as engine, Connection.over(engine) as connection:
        first = apply(plan(manifest, connection=connection))
        exported = registered(connection=connection).dumps(form)
        again = plan(Manifest.loads(exported, form), connection=connection)

        assert set(again.counts) == {"unchanged"}
        assert len(again.items) == len(first.done)
        assert apply(plan(manifest, connection=connection)).done == ()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", "a\u2029b", "\x85"])
def test_a_text_with_rare_line_ends_is_exported_as_it_is(form, text):
    manifest = Manifest.of(Domain("shop", description=text), tags={"shop": {}})

    assert Manifest.loads(manifest.dumps(form), form) == manifest


@settings(max_examples=12)
@given(before=manifests(), after=manifests(), prune=st.booleans())
def test_applying_twice_is_applying_once(before, after, prune):
    with Engine() as engine, Connection.over(engine) as connection:
        apply(plan(before, connection=connection))

        apply(plan(after, connection=connection, prune=prune), skip_conflicts=True)
        again = plan(after, connection=connection, prune=prune)

        assert set(again.counts) <= {"unchanged", "differs", "undeclared"}
        assert again.changes == ()
