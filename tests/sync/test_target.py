"""Which SWF a plan is for, and that no other one takes it."""

import os
from contextlib import ExitStack

import attrs
import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from swf.clients import is_amazon_swf
from swf.connection import Connection, use
from swf.engine import Engine
from swf.exceptions import ConfigurationError, PlanTargetError, StalePlanError
from swf.models import ActivityType, Domain
from swf.sync import Manifest, Plan, Target, apply, plan, remaining
from swf.sync.target import canonical, target_of
from tests.sync.sts import answering

SHOP = Domain("shop", retention_period=7)
MANIFEST = Manifest.of(SHOP, ActivityType("shop", "Charge", "1.0", task_list="payments"))
WRITES = ("Register", "Deprecate", "Undeprecate", "Tag", "Untag")

MINE, THEIRS = "111122223333", "444455556666"


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://swf.us-east-1.amazonaws.com",
        "https://swf.us-east-1.amazonaws.com/",
        "https://SWF.US-EAST-1.AMAZONAWS.COM:443",
        "https://swf-fips.us-east-1.amazonaws.com",
        "https://swf.us-east-1.api.aws",
        "https://swf-fips.us-west-2.api.aws",
        "https://swf.us-gov-west-1.amazonaws.com",
        "https://swf.cn-north-1.amazonaws.com.cn",
        "https://vpce-0a1b-2c3d.swf.us-east-1.vpce.amazonaws.com",
        "https://vpce-0a1b-2c3d-us-east-1a.swf-fips.us-east-1.vpce.amazonaws.com",
    ],
)
def test_each_address_that_amazon_gives_its_swf_is_amazons(url):
    assert is_amazon_swf(url)
    assert canonical(url) is None


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws", "eu-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
    ],
)
@pytest.mark.parametrize("variant", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}])
def test_the_address_that_boto3_takes_by_itself_is_amazons(session, partition, region, variant):
    assert region in session.get_available_regions("swf", partition)

    client = session.client("swf", region_name=region, config=Config(**variant))

    assert is_amazon_swf(client.meta.endpoint_url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8042", "http://127.0.0.1:8042"),
        ("HTTP://LocalHost:80/", "http://localhost"),
        ("https://swf.example.com:443/swf/", "https://swf.example.com/swf"),
        ("http://user:secret@swf.example.com", "http://swf.example.com"),
        ("http://[::1]:8042", "http://[::1]:8042"),
        # Machines and programs of anybody's on AWS.
        ("http://ec2-1-2-3-4.compute-1.amazonaws.com", "http://ec2-1-2-3-4.compute-1.amazonaws.com"),
        ("https://x.execute-api.us-east-1.amazonaws.com", "https://x.execute-api.us-east-1.amazonaws.com"),
        ("http://swf.us-east-1.elb.amazonaws.com", "http://swf.us-east-1.elb.amazonaws.com"),
        ("http://swf.us-east-1.amazonaws.com.example.org", "http://swf.us-east-1.amazonaws.com.example.org"),
        ("http://notswf.us-east-1.amazonaws.com", "http://notswf.us-east-1.amazonaws.com"),
        ("local:", "local:"),
    ],
)
def test_any_other_address_is_another_swf(url, expected):
    assert canonical(url) == expected


def test_a_file_is_one_swf_however_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to("swf.db")

    named = {canonical(f"local:{path}") for path in ("swf.db", "./swf.db", "link.db", tmp_path / "swf.db")}

    assert named == {f"local:{os.path.realpath(tmp_path)}/swf.db"}


# Accounts


@pytest.fixture
def amazon(session):
    """Makes a connection to what goes by an address of Amazon's: an engine answers in its place."""
    with ExitStack() as opened:

        def amazon(account, url="https://swf.us-east-1.amazonaws.com", region="us-east-1"):
            engine = opened.enter_context(Engine(region=region, account=account))
            client = session.client("swf", region_name=region, endpoint_url=url)
            engine.attach(client)
            return opened.enter_context(Connection(client=client))

        yield amazon


@pytest.fixture
def sts(monkeypatch):
    """Has STS say whose the credentials are; None refuses."""
    with ExitStack() as opened:

        def sts(account):
            url, keys = opened.enter_context(answering(account))
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
            return keys

        yield sts


@pytest.fixture
def without_sts(monkeypatch):
    """Nobody is where STS should be."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")


def noted(connection):
    calls = []
    connection.client.meta.events.register("provide-client-params.swf", lambda model, **_: calls.append(model.name))
    return calls


def test_a_domain_that_was_asked_for_tells_the_account_and_nothing_more_is_asked(amazon, without_sts):
    swf = amazon(MINE)
    attrs.evolve(SHOP, connection=swf).save()
    calls = noted(swf)

    made = plan(MANIFEST, connection=swf)

    assert made.target == Target(region="us-east-1", account=MINE)
    assert str(made.target) == "Amazon SWF, us-east-1, account 111122223333"
    assert "ListDomains" not in calls


@pytest.mark.parametrize("is_deprecated", [False, True], ids=["registered", "deprecated"])
def test_else_any_domain_tells_the_account(amazon, without_sts, is_deprecated):
    swf = amazon(MINE)
    other = Domain("other", connection=swf)
    other.save()
    if is_deprecated:
        other.delete()

    assert plan(MANIFEST, connection=swf).target.account == MINE


def test_where_there_is_no_domain_sts_tells_the_account_of_the_same_credentials(amazon, sts):
    swf = amazon(MINE)
    keys = sts(MINE)
    calls = noted(swf)

    made = plan(MANIFEST, connection=swf)

    assert made.target.account == MINE
    assert calls == ["DescribeDomain", "ListDomains", "ListDomains"]
    assert keys == ["id"]


def test_who_may_not_list_domains_has_sts_tell_the_account(amazon, sts):
    swf = amazon(MINE)
    sts(MINE)
    body = b'{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}'

    class Raw:
        def stream(self, *_, **__):
            yield body

    swf.client.meta.events.register_first(
        "before-send.swf.ListDomains", lambda request, **_: AWSResponse(request.url, 400, {}, Raw())
    )

    assert plan(MANIFEST, connection=swf).target.account == MINE


def test_the_account_is_not_known_where_sts_cannot_be_reached(amazon, without_sts):
    made = plan(MANIFEST, connection=amazon(MINE))

    assert made.target == Target(region="us-east-1", account=None)
    assert str(made.target) == "Amazon SWF, us-east-1, account not known"


def test_the_account_is_not_known_where_sts_refuses(amazon, sts):
    sts(None)

    assert plan(MANIFEST, connection=amazon(MINE)).target.account is None


def test_another_server_is_not_asked_for_an_account_of_amazons(sts, serve):
    keys = sts(MINE)
    with Engine() as engine, Connection(serve(engine), region="us-east-1") as swf:
        assert plan(MANIFEST, connection=swf).target.account is None
    assert keys == []


def test_sts_is_asked_in_the_session_of_a_connection_too(sts, serve):
    keys = sts(MINE)
    with Engine() as engine, Connection(serve(engine), aws_access_key_id="key", aws_secret_access_key="s") as swf:
        assert swf.caller_account() == MINE
    assert keys == ["key"]


def test_an_swf_of_this_process_has_no_account_to_ask_for():
    with Engine() as engine, Connection.over(engine) as swf, pytest.raises(ConfigurationError, match="no credentials"):
        swf.caller_account()


# Plans belong to where they were made


def test_endpoint_region_and_account_tell_plans_apart():
    mine = Plan(target=Target(region="us-east-1", account=MINE), items=())
    others = [
        Target(region="us-east-1", account=THEIRS),
        Target(region="us-east-1"),
        Target(region="us-west-2", account=MINE),
        Target(region="us-east-1", endpoint="http://127.0.0.1:8042", account=MINE),
    ]

    assert len({mine.fingerprint, *(attrs.evolve(mine, target=each).fingerprint for each in others)}) == 5
    assert (mine.data["endpoint"], mine.data["region"], mine.data["account"]) == (None, "us-east-1", MINE)


@pytest.mark.parametrize(
    ("url", "region", "said"),
    [
        (
            "http://127.0.0.1:8042",
            "us-east-1",
            "The plan was made for Amazon SWF, us-east-1, account 111122223333, and the connection leads to SWF at "
            "http://127.0.0.1:8042, us-east-1 (of the client that was given). Give the endpoint that it was "
            "made for, or make a new plan: swf diff SOURCE --out FILE",
        ),
        (
            "https://swf.us-west-2.amazonaws.com",
            "us-west-2",
            "The plan was made for Amazon SWF, us-east-1, account 111122223333, and the connection leads to Amazon "
            "SWF, us-west-2. Give the region that it was made for, or make a new plan: swf diff SOURCE --out FILE",
        ),
        (
            "http://127.0.0.1:8042",
            "us-west-2",
            "The plan was made for Amazon SWF, us-east-1, account 111122223333, and the connection leads to SWF at "
            "http://127.0.0.1:8042, us-west-2 (of the client that was given). Give the endpoint and the "
            "region that it was made for, or make a new plan: swf diff SOURCE --out FILE",
        ),
    ],
)
@pytest.mark.parametrize("is_saved", [False, True])
def test_another_endpoint_or_region_is_refused_and_nothing_is_sent(amazon, sts, saved, url, region, said, is_saved):
    sts(MINE)
    made = plan(MANIFEST, connection=amazon(MINE))
    elsewhere = amazon(MINE, url, region)
    calls = noted(elsewhere)

    with pytest.raises(PlanTargetError) as refused:
        apply(saved(made) if is_saved else made, connection=elsewhere)

    assert str(refused.value) == said
    assert calls == []


@pytest.mark.parametrize("is_saved", [False, True])
def test_another_account_is_refused_and_nothing_is_written(amazon, sts, saved, is_saved):
    sts(MINE)
    made = plan(MANIFEST, connection=amazon(MINE))
    theirs = amazon(THEIRS)
    # Judged by what is there, the plan would hold.
    Domain("other", connection=theirs).save()
    calls = noted(theirs)

    with pytest.raises(PlanTargetError) as refused:
        apply(saved(made) if is_saved else made, connection=theirs)

    assert str(refused.value) == (
        "The plan was made for Amazon SWF, us-east-1, account 111122223333, and the connection leads to Amazon SWF, "
        "us-east-1, account 444455556666. Give credentials of the account that it was made for, or make a new plan: "
        "swf diff SOURCE --out FILE"
    )
    assert not [call for call in calls if call.startswith(WRITES)]


def test_another_account_is_told_before_what_would_be_wrong_with_the_plan_there(amazon, saved, without_sts):
    mine = amazon(MINE)
    attrs.evolve(SHOP, connection=mine).save()
    # In an account without the domain nobody knows how long it keeps executions.
    loaded = saved(plan(Manifest.of(*MANIFEST.domains[0].types), connection=mine))
    theirs = amazon(THEIRS)
    Domain("other", connection=theirs).save()

    with pytest.raises(PlanTargetError, match=r"account 111122223333, and the connection leads to .* 444455556666"):
        apply(loaded, connection=theirs)


@pytest.mark.parametrize(
    "url", ["https://swf-fips.us-east-1.amazonaws.com", "https://vpce-1-2.swf.us-east-1.vpce.amazonaws.com"]
)
def test_another_address_of_the_same_swf_takes_the_plan(amazon, sts, saved, url):
    sts(MINE)
    loaded = saved(plan(MANIFEST, connection=amazon(MINE)))

    applied = apply(loaded, connection=amazon(MINE, url))

    assert len(applied.made) == 2


def test_a_plan_whose_account_nobody_could_tell_holds_for_any(amazon, saved, without_sts):
    swf = amazon(MINE)
    loaded = saved(plan(MANIFEST, connection=swf))
    Domain("other", connection=swf).save()

    applied = apply(loaded, connection=swf)

    assert loaded.target.account is None
    assert applied.plan.target.account == MINE
    assert len(applied.made) == 2


def test_a_plan_whose_account_nobody_could_tell_is_judged_by_what_is_there(amazon, saved, without_sts):
    swf = amazon(MINE)
    loaded = saved(plan(MANIFEST, connection=swf))
    Domain("shop", retention_period=90, connection=swf).save()

    with pytest.raises(StalePlanError, match="made: domain shop"):
        apply(loaded, connection=swf)


def test_a_plan_for_an_account_is_refused_where_nothing_tells_the_account(amazon, sts, saved, monkeypatch):
    sts(MINE)
    loaded = saved(plan(MANIFEST, connection=amazon(MINE)))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")

    with pytest.raises(PlanTargetError) as refused:
        apply(loaded, connection=amazon(MINE))

    assert str(refused.value) == (
        "The plan was made for Amazon SWF, us-east-1, account 111122223333, and the connection leads to Amazon SWF, "
        "us-east-1, account not known. Make a new plan: swf diff SOURCE --out FILE"
    )


def test_a_plan_for_a_file_is_refused_by_another_file_of_the_same_name(tmp_path, saved, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "a")
    with Connection("local:swf.db") as swf:
        loaded = saved(plan(MANIFEST, connection=swf))
    monkeypatch.chdir(tmp_path / "b")

    with Connection("local:swf.db") as swf, pytest.raises(PlanTargetError, match="Give the endpoint that it was made"):
        remaining(loaded, connection=swf)
    with Connection("local:../a/swf.db") as swf:
        assert len(apply(loaded, connection=swf).made) == 2


def test_a_client_of_ones_own_at_amazons_address_is_amazons():
    with Connection(client=boto3.client("swf", region_name="eu-west-1")) as swf:
        assert target_of(swf, [Domain("x", arn=f"arn:aws-cn:swf:eu-west-1:{MINE}:/domain/x")]) == Target(
            region="eu-west-1", account=MINE
        )


def test_the_default_connection_of_a_plan_is_not_asked_once_more(amazon, sts):
    sts(MINE)
    with use(amazon(MINE)) as swf:
        made = plan(MANIFEST)
        calls = noted(swf)

        apply(made)

    assert calls == ["RegisterDomain", "RegisterActivityType"]
