"""``swf diff``, ``swf sync`` and ``swf manifest``, as processes against ``swf server``."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import attrs
import pytest
import yaml

from swf.cli.syncing import diff, manifest, sync
from swf.connection import Connection
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync import Manifest, Plan, plan, registered
from tests.cli.gate import Gate
from tests.cli.terminal import Terminal
from tests.cli.waiting import LONG_SECONDS

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "syncing.md"

SHOP = """\
[[domains]]
name = "shop"
retention_period = 7
tags = { team = "orders" }

[[domains.workflows]]
name = "Order"
version = "1.0"
task_list = "orders"

[[domains.activities]]
name = "Charge"
version = "1.0"
task_list = "payments"
task_heartbeat_timeout = 30

[[domains.activities]]
name = "Refund"
version = "1.0"

[[domains.activities]]
name = "Pack"
version = "1.10"
task_list = "packing"
"""

# What is told of the activity type that `SHOP` declares, where SWF does not have it.
PACK_REGISTERED = {
    "symbol": "+",
    "action": "register",
    "kind": "activity",
    "domain": "shop",
    "name": "Pack",
    "version": "1.10",
    "before": None,
    "after": {"status": "REGISTERED", "task_list": "packing"},
    "next_version": None,
    "differences": [],
}

MODULE = """
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync import Manifest

shop = Domain("shop", retention_period=7)
order = WorkflowType(shop, "Order", "1.0", task_list="orders")
bakery = Manifest.of(Domain("bakery", retention_period=1), ActivityType("bakery", "Bake", "1"))
"""


# Processes


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=LONG_SECONDS)


@pytest.fixture
def url(server_url):
    """The server's URL; nothing is registered there."""
    for region in ("us-east-1", "eu-west-1"):
        reset = urllib.request.Request(f"{server_url}/_swf/reset?region={region}", method="POST")
        urllib.request.urlopen(reset, timeout=LONG_SECONDS).close()
    return server_url


@pytest.fixture
def folder(tmp_path):
    """The folder that commands run in, with a manifest as a file and as a module."""
    (tmp_path / "swf.toml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "shop.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def variables(environment, url):
    """What a command knows of the world that is not run to its end."""
    return {name: value for name, value in environment.items() if name != "SWF_DOMAIN"}


@pytest.fixture
def swf(swf, folder, url):
    """Runs a command to its end, in the folder and without a default domain."""
    return partial(swf, cwd=folder, SWF_DOMAIN=None)


@pytest.fixture
def here(here, folder, url, monkeypatch):
    """Runs a command in this process, in the folder and without a default domain."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SWF_DOMAIN")
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield here
    sys.modules.pop("shop", None)


@pytest.fixture
def start(folder, variables):
    """Begins a command line."""

    def start(*arguments, **more):
        command = [sys.executable, "-m", "swf", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return running(command, cwd=folder, env={**variables, **more}, **pipes)

    return start


@pytest.fixture
def many(folder):
    """Names a manifest of many activity types."""
    types = [ActivityType("shop", f"A{number}", "1.0") for number in range(150)]
    manifest = Manifest.of(Domain("shop", retention_period=7), *types)
    (folder / "many.toml").write_text(manifest.dumps(), encoding="utf-8")
    return "many.toml"


def asked(url):
    """Count the requests for each operation since nothing was registered."""
    with urllib.request.urlopen(f"{url}/_swf/counts", timeout=LONG_SECONDS) as answer:
        return json.loads(answer.read())["requests"]


def written(url):
    reads = ("Describe", "List")
    return {name: count for name, count in asked(url).items() if not name.startswith(reads)}


# Plans


@pytest.fixture
def mixed(url, connection):
    """Something of everything is to be said of the manifest."""
    shop = Domain("shop", retention_period=7, connection=connection)
    shop.save(tags={"team": "kitchen"})
    WorkflowType(
        shop, "Order", "1.0", task_list="orders", child_policy=None, execution_timeout=None, decision_tasks_timeout=None
    ).save()
    ActivityType(shop, "Charge", "1.0", task_list="p").save()
    ActivityType(shop, "Charge", "1.1").save()
    refund = ActivityType(shop, "Refund", "1.0")
    refund.save()
    refund.delete()


TABLE = """\
~ domain shop  tags is {'team': 'orders'} here and {'team': 'kitchen'} in SWF
  = workflow  Order   1.0
  ! activity  Charge  1.0   task_list is 'payments' here and 'p' in SWF
                            task_heartbeat_timeout is 30 here and None in SWF
                            a type never changes: declare version 1.2
  ~ activity  Refund  1.0   status is 'REGISTERED' here and 'DEPRECATED' in SWF
  + activity  Pack    1.10  task_list='packing'
  - activity  Charge  1.1   not declared: left as it is, unless you prune

SWF at URL, us-east-1, account 123456789012: 1 to register, 1 to undeprecate, 1 to tag, 1 not declared, 1 in conflict, \
1 unchanged
"""

MARKDOWN = """\
### SWF at URL, us-east-1, account 123456789012: 1 to register, 1 to undeprecate, 1 to tag, 1 not declared, \
1 in conflict, 1 unchanged

```diff
~ domain shop: tags is {'team': 'orders'} here and {'team': 'kitchen'} in SWF
! activity Charge 1.0 (shop): task_list is 'payments' here and 'p' in SWF; task_heartbeat_timeout is 30 here and None \
in SWF; a type never changes: declare version 1.2
~ activity Refund 1.0 (shop): status is 'REGISTERED' here and 'DEPRECATED' in SWF
+ activity Pack 1.10 (shop): task_list='packing'
```

<details>
<summary>2 that stay as they are</summary>

```
= workflow Order 1.0 (shop)
- activity Charge 1.1 (shop): not declared: left as it is, unless you prune
```

</details>

Fingerprint: `FINGERPRINT`
"""

PLAN = {
    "schema_version": 2,
    "endpoint": "URL",
    "region": "us-east-1",
    "account": "123456789012",
    "domains": ["shop"],
    "prune": False,
    "drift": True,
    "counts": {"register": 1, "undeprecate": 1, "tag": 1, "undeclared": 1, "differs": 1, "unchanged": 1},
    "fingerprint": "FINGERPRINT",
    "items": [
        {
            "symbol": "~",
            "action": "tag",
            "kind": "domain",
            "domain": "shop",
            "name": "shop",
            "version": None,
            "before": {
                "status": "REGISTERED",
                "retention_period": 7,
                "tags": {"team": "kitchen"},
            },
            "after": {"status": "REGISTERED", "retention_period": 7, "tags": {"team": "orders"}},
            "next_version": None,
            "differences": [{"attribute": "tags", "declared": {"team": "orders"}, "registered": {"team": "kitchen"}}],
        },
        {
            "symbol": "=",
            "action": "unchanged",
            "kind": "workflow",
            "domain": "shop",
            "name": "Order",
            "version": "1.0",
            "before": {"status": "REGISTERED", "task_list": "orders"},
            "after": {"status": "REGISTERED", "task_list": "orders"},
            "next_version": None,
            "differences": [],
        },
        {
            "symbol": "!",
            "action": "differs",
            "kind": "activity",
            "domain": "shop",
            "name": "Charge",
            "version": "1.0",
            "before": {"status": "REGISTERED", "task_list": "p"},
            "after": {"status": "REGISTERED", "task_list": "payments", "task_heartbeat_timeout": 30},
            "next_version": "1.2",
            "differences": [
                {"attribute": "task_list", "declared": "payments", "registered": "p"},
                {"attribute": "task_heartbeat_timeout", "declared": 30, "registered": None},
            ],
        },
        {
            "symbol": "~",
            "action": "undeprecate",
            "kind": "activity",
            "domain": "shop",
            "name": "Refund",
            "version": "1.0",
            "before": {"status": "DEPRECATED"},
            "after": {"status": "REGISTERED"},
            "next_version": None,
            "differences": [{"attribute": "status", "declared": "REGISTERED", "registered": "DEPRECATED"}],
        },
        PACK_REGISTERED,
        {
            "symbol": "-",
            "action": "undeclared",
            "kind": "activity",
            "domain": "shop",
            "name": "Charge",
            "version": "1.1",
            "before": {"status": "REGISTERED"},
            "after": None,
            "next_version": None,
            "differences": [],
        },
    ],
}


def unprinted(text):
    """Put words in place of what nobody can write by hand: a fingerprint, and the server's URL."""
    return re.sub(r"http://127\.0\.0\.1:\d+", "URL", re.sub(r"\b[0-9a-f]{64}\b", "FINGERPRINT", text))


@pytest.mark.parametrize("form", [[], ["-o", "table"]], ids=["left out", "named"])
def test_a_plan_for_people_is_a_table(swf, mixed, form):
    done = swf("diff", "swf.toml", *form)

    assert (done.code, unprinted(done.out), done.err) == (0, TABLE, "")


def test_a_plan_for_a_pull_request_is_markdown(swf, mixed):
    done = swf("diff", "swf.toml", "-o", "markdown")

    assert (done.code, unprinted(done.out), done.err) == (0, MARKDOWN, "")


def test_a_plan_for_programs_is_json(swf, mixed):
    done = swf("diff", "swf.toml", "-o", "json")

    assert (done.code, done.err) == (0, "")
    assert json.loads(unprinted(done.out)) == PLAN


@pytest.mark.parametrize("flag", ["--exit-code", "--check"])
def test_the_exit_code_tells_of_drift_when_it_is_asked_to(here, url, flag):
    drift = here("diff", "swf.toml", flag)
    here("sync", "swf.toml", "--yes")
    none = here("diff", "swf.toml", flag)

    assert (drift.code, none.code) == (2, 0)
    assert unprinted(none.out).endswith("SWF at URL, us-east-1, account 123456789012: 5 unchanged\n")


def test_names_of_wide_characters_stand_in_columns_too(here, folder):
    (folder / "wide.toml").write_text(
        '[[domains]]\nname = "shop"\nretention_period = 7\n'
        '[[domains.activities]]\nname = "注文"\nversion = "1"\ntask_list = "a"\n'
        '[[domains.activities]]\nname = "Pack"\nversion = "1"\ntask_list = "a"\n',
        encoding="utf-8",
    )

    done = here("diff", "wide.toml")

    assert unprinted(done.out) == (
        "+ domain shop  retention_period=7\n"
        "  + activity  注文  1  task_list='a'\n"
        "  + activity  Pack  1  task_list='a'\n"
        "\n"
        "SWF at URL, us-east-1, account not known (the plan holds for any): 3 to register\n"
    )


def test_a_diff_writes_nothing_to_swf(here, mixed, url):
    before = written(url)

    here("diff", "swf.toml", "--prune", "--out", "plan.json")

    assert written(url) == before


def test_what_is_not_declared_is_drift_only_with_prune(here, connection, url):
    here("sync", "swf.toml", "--yes")
    ActivityType(Domain("shop", connection=connection), "Old", "1").save()

    left = here("diff", "swf.toml", "--check")
    pruned = here("diff", "swf.toml", "--check", "--prune")

    assert (left.code, pruned.code) == (0, 2)
    assert "  - activity  Old     1     not declared: will be deprecated\n" in pruned.out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (["shop"], ["+ domain shop", "+ workflow Order 1.0", "+ domain bakery", "+ activity Bake 1"]),
        (["shop:bakery"], ["+ domain bakery", "+ activity Bake 1"]),
        (["shop", "--domain", "bakery"], ["+ domain bakery", "+ activity Bake 1"]),
    ],
)
def test_a_source_may_be_a_module_or_a_part_of_one(here, folder, source, told):
    here("diff", *source, "--out", "plan.json")

    assert [str(item) for item in Plan.load(folder / "plan.json").items] == told


# Syncs


def test_a_sync_shows_the_plan_and_carries_it_out(swf, connection):
    done = swf("sync", "swf.toml", "--yes")

    assert done.code == 0
    assert unprinted(done.out) == (
        "+ domain shop  retention_period=7 tags={'team': 'orders'}\n"
        "  + workflow  Order   1.0   task_list='orders'\n"
        "  + activity  Charge  1.0   task_list='payments' task_heartbeat_timeout=30\n"
        "  + activity  Refund  1.0\n"
        "  + activity  Pack    1.10  task_list='packing'\n"
        "\n"
        "SWF at URL, us-east-1, account not known (the plan holds for any): 5 to register\n"
    )
    lines = done.err.splitlines()
    assert lines[0] == "+ domain shop"
    assert sorted(lines[1:-1]) == [
        "+ activity Charge 1.0",
        "+ activity Pack 1.10",
        "+ activity Refund 1.0",
        "+ workflow Order 1.0",
    ]
    assert lines[-1] == "Done: 5 changes."
    assert registered("shop", connection=connection).dumps() != ""
    assert set(registered("shop", connection=connection).domains[0].types) == set(Manifest.loads(SHOP).domains[0].types)


def test_a_sync_of_what_is_as_declared_has_nothing_to_do(here, url):
    here("sync", "swf.toml", "--yes")
    before = written(url)

    done = here("sync", "swf.toml")

    assert (done.code, done.err) == (0, "There is nothing to do.\n")
    assert written(url) == before


def test_without_anybody_to_ask_nothing_is_changed(here, url):
    done = here("sync", "swf.toml")

    assert done.code == 64
    assert "Make 5 changes in SWF at URL, us-east-1? There is no terminal to ask at: give --yes." in unprinted(done.err)
    assert written(url) == {}


def test_a_conflict_stops_before_anything_is_changed(here, mixed, url):
    before = written(url)

    done = here("sync", "swf.toml", "--yes")

    assert done.code == 1
    assert done.err == (
        "Error: Some of what is declared is registered otherwise, and SWF cannot change it.\n"
        "activity Charge 1.0 in shop: task_list is 'payments' here and 'p' in SWF; task_heartbeat_timeout is 30 here "
        "and None in SWF; a type never changes: declare version 1.2.\n"
    )
    assert written(url) == before


def test_conflicts_may_be_left_and_the_rest_done_and_are_told_by_the_exit_code(here, mixed, connection):
    done = here("sync", "swf.toml", "--yes", "--skip-conflicts", "--prune")
    again = here("sync", "swf.toml", "--yes", "--skip-conflicts", "--prune")

    left = (
        "Left as it is: activity Charge 1.0 in shop: task_list is 'payments' here and 'p' in SWF; "
        "task_heartbeat_timeout is 30 here and None in SWF; a type never changes: declare version 1.2."
    )
    assert (done.code, again.code) == (2, 2)
    assert done.err.splitlines()[-2:] == [left, "Done: 4 changes. In conflict and left as it is: 1."]
    assert again.err.splitlines() == [left, "There is nothing to do. In conflict and left as it is: 1."]
    [shop] = registered("shop", connection=connection).domains
    assert {(each.name, each.version) for each in shop.types} == {
        ("Order", "1.0"),
        ("Charge", "1.0"),
        ("Refund", "1.0"),
        ("Pack", "1.10"),
    }
    assert shop.tags == {"team": "orders"}


def test_just_the_plan_that_was_shown_is_carried_out(swf, connection):
    swf("diff", "swf.toml", "--out", "plan.json")

    done = swf("sync", "--plan", "plan.json", "--yes")

    assert (done.code, done.err.splitlines()[-1]) == (0, "Done: 5 changes.")
    assert len(registered("shop", connection=connection).domains[0].types) == 4


def test_a_plan_that_is_carried_out_twice_has_nothing_left_to_do(swf, url):
    swf("diff", "swf.toml", "--out", "plan.json")
    swf("sync", "--plan", "plan.json", "--yes")
    before = written(url)

    again = swf("sync", "--plan", "plan.json")

    assert (again.code, again.err) == (0, "There is nothing to do. Made already: 5.\n")
    assert unprinted(again.out).splitlines() == [
        "= domain shop",
        "  = workflow  Order   1.0",
        "  = activity  Charge  1.0",
        "  = activity  Refund  1.0",
        "  = activity  Pack    1.10",
        "",
        "SWF at URL, us-east-1, account 123456789012: 5 unchanged",
    ]
    assert written(url) == before


def test_of_a_plan_that_is_carried_out_in_part_the_rest_is_done(here, connection):
    here("diff", "swf.toml", "--out", "plan.json")
    shop = Domain("shop", retention_period=7, connection=connection)
    shop.save(tags={"team": "orders"})
    ActivityType(shop, "Refund", "1.0").save()

    done = here("sync", "--plan", "plan.json", "--yes")

    assert (done.code, done.err.splitlines()[-1]) == (0, "Done: 3 changes. Made already: 2.")
    assert unprinted(done.out).endswith("account 123456789012: 3 to register, 2 unchanged\n")


def outcomes(done):
    """Give the outcome of each item that programs are told of, and how many there are of each."""
    told = json.loads(done.out)
    return {(item["kind"], item["name"], item["version"]): item["outcome"] for item in told["items"]}, told["outcomes"]


def test_programs_are_told_what_was_done(here, connection):
    here("diff", "swf.toml", "--out", "plan.json")
    shop = Domain("shop", retention_period=7, connection=connection)
    shop.save(tags={"team": "orders"})

    first = here("sync", "--plan", "plan.json", "--yes", "-o", "json")
    again = here("sync", "--plan", "plan.json", "--yes", "-o", "json")

    told = json.loads(unprinted(first.out))
    assert {name: value for name, value in told.items() if name not in ("items", "outcomes")} == {
        "schema_version": 2,
        "endpoint": "URL",
        "region": "us-east-1",
        "account": "123456789012",
        "domains": ["shop"],
        "prune": False,
        "drift": False,
    }
    assert outcomes(first) == (
        {
            ("domain", "shop", None): "found",
            ("workflow", "Order", "1.0"): "made",
            ("activity", "Charge", "1.0"): "made",
            ("activity", "Refund", "1.0"): "made",
            ("activity", "Pack", "1.10"): "made",
        },
        {"found": 1, "made": 4},
    )
    assert told["items"][4] == {**PACK_REGISTERED, "outcome": "made"}
    assert outcomes(again)[1] == {"found": 5}
    assert (first.code, again.code) == (0, 0)


def test_programs_are_told_what_is_left(here, mixed):
    stopped = here("sync", "swf.toml", "--yes", "-o", "json")
    skipped = here("sync", "swf.toml", "--yes", "-o", "json", "--skip-conflicts")

    assert (stopped.code, skipped.code) == (1, 2)
    assert outcomes(stopped)[1] == {"not_made": 3, "conflict": 1}
    assert outcomes(skipped)[0] == {
        ("domain", "shop", None): "made",
        ("workflow", "Order", "1.0"): None,
        ("activity", "Charge", "1.0"): "conflict",
        ("activity", "Refund", "1.0"): "made",
        ("activity", "Pack", "1.10"): "made",
        ("activity", "Charge", "1.1"): None,
    }
    assert json.loads(skipped.out)["drift"] is True


def test_what_programs_are_told_is_no_plan(here, folder):
    done = here("sync", "swf.toml", "--yes", "-o", "json")
    (folder / "done.json").write_text(done.out, encoding="utf-8")

    refused = here("sync", "--plan", "done.json")

    assert (refused.code, refused.err) == (
        64,
        "Error: done.json is no plan. Make one: swf diff SOURCE --out FILE\n",
    )


def test_another_endpoint_or_region_does_not_take_a_plan_and_is_not_asked(swf, url):
    swf("diff", "swf.toml", "--out", "plan.json")
    before = asked(url)
    elsewhere = url.replace("127.0.0.1", "localhost")

    endpoint = swf("sync", "--plan", "plan.json", "--yes", SWF_ENDPOINT_URL=None, AWS_ENDPOINT_URL_SWF=elsewhere)
    region = swf("sync", "--plan", "plan.json", "--yes", "--region", "eu-west-1")

    assert (endpoint.code, endpoint.out) == (1, "")
    assert unprinted(endpoint.err) == (
        "Error: The plan was made for SWF at URL, us-east-1, account not known, and the connection leads to SWF at "
        f"{elsewhere}, us-east-1 (environment, AWS_ENDPOINT_URL_SWF). Give the endpoint that it was made "
        "for, or make a new plan: swf diff SOURCE --out FILE\n"
    )
    assert (region.code, region.out) == (1, "")
    assert "the connection leads to SWF at URL, eu-west-1. Give the region that it was made for" in unprinted(
        region.err
    )
    assert asked(url) == before


def test_a_plan_is_refused_when_swf_has_changed_since(here, connection, url):
    here("sync", "swf.toml", "--yes")
    ActivityType(Domain("shop", connection=connection), "Old", "1").save()
    here("diff", "swf.toml", "--prune", "--out", "plan.json")
    ActivityType(Domain("shop", connection=connection), "Refund", "1.0").delete()
    before = written(url)

    done = here("sync", "--plan", "plan.json", "--yes")

    assert done.code == 1
    assert done.err == ("Error: SWF is not as it was when the plan was made: activity Refund 1.0. Make a new plan.\n")
    assert written(url) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Nothing says what to sync. Name a file or a module, or give --plan FILE."),
        (["swf.toml", "--plan", "plan.json"], "A plan says itself what it is for. Leave out SOURCE, or --plan."),
        (["--plan", "p", "--prune", "--domain", "x"], "Leave out --prune and --domain, or --plan."),
        (["--plan", "none.json"], "The plan none.json cannot be read: "),
        (["--plan", "swf.toml"], "The plan swf.toml cannot be read: Expecting value"),
    ],
)
def test_options_of_a_sync_that_cannot_be_are_told_in_a_sentence(here, url, arguments, said):
    done = here("sync", *arguments)

    assert done.code == 64
    assert said in done.err
    assert asked(url) == {}


def test_a_plan_that_cannot_be_written_is_told(here):
    done = here("diff", "swf.toml", "--out", "nowhere/plan.json")

    assert done.code == 1
    assert "nowhere/plan.json cannot be written: No such file or directory. Name another file." in done.err


# In the middle of it


def test_an_interrupted_sync_says_how_far_it_came_and_can_be_run_again(swf, start, url, folder, many, connection):
    with Gate(url, "Register", let=41) as gate, start("sync", many, "--yes", SWF_ENDPOINT_URL=gate.url) as process:
        lines = [process.stderr.readline() for _ in range(41)]
        process.send_signal(signal.SIGINT)
        # What is under way comes to its end; all the rest would take twice as long as Ctrl-C ever does.
        while process.poll() is None:
            gate.let(1)
            time.sleep(0.1)
        rest = process.stderr.read()
    made = len(registered("shop", connection=connection).domains[0].types)

    again = swf("sync", many, "--yes")

    assert all(line.startswith("+ ") for line in lines)
    (told,) = re.findall(r"^(\d+) of 151 changes made. Run the command again for the rest.$", rest, re.MULTILINE)
    assert 41 <= int(told) == made + 1 < 151
    assert process.returncode == 130
    assert (again.code, again.err.splitlines()[-1]) == (0, f"Done: {150 - made} changes.")
    assert not plan(Manifest.load(folder / many), connection=connection).has_drift


def test_programs_are_told_how_far_an_interrupted_sync_came(start, url, many, connection):
    command = ("sync", many, "--yes", "-o", "json")
    with Gate(url, "Register", let=41) as gate, start(*command, SWF_ENDPOINT_URL=gate.url) as process:
        for _ in range(41):
            process.stderr.readline()
        process.send_signal(signal.SIGINT)
        while process.poll() is None:
            gate.let(1)
            time.sleep(0.1)
        told = json.loads(process.stdout.read())
    made = len(registered("shop", connection=connection).domains[0].types) + 1

    assert process.returncode == 130
    assert told["outcomes"] == {"made": made, "not_made": 151 - made}
    assert told["drift"] is True


def test_two_syncs_at_once_both_succeed(start, url, folder, many, connection):
    with Gate(url, "Register") as one_gate, Gate(url, "Register") as other_gate:
        command = ("sync", many, "--yes")
        with (
            start(*command, SWF_ENDPOINT_URL=one_gate.url) as one,
            start(*command, SWF_ENDPOINT_URL=other_gate.url) as other,
        ):
            # Both have planned all of it, before either of them has changed anything.
            one_gate.wait_until_held()
            other_gate.wait_until_held()
            for gate in (one_gate, other_gate):
                gate.let(151)
            said = [process.communicate(timeout=LONG_SECONDS)[1] for process in (one, other)]

    assert (one.returncode, other.returncode) == (0, 0), said
    # Each says what it has made itself, and what it found made by the other one.
    counts = [
        re.fullmatch(r"Done: (\d+) changes?\.(?: Made already: (\d+)\.)?", text.splitlines()[-1]) for text in said
    ]
    made, found = ([int(count[group] or 0) for count in counts] for group in (1, 2))
    assert (sum(made), sum(found)) == (151, 151)
    assert [text.count("made already") for text in said] == found
    assert not plan(Manifest.load(folder / many), connection=connection).has_drift


@pytest.mark.parametrize("is_stderr", [False, True], ids=["stdout", "stdout and stderr"])
def test_a_sync_is_carried_out_though_nobody_reads_what_it_tells(unread, folder, url, connection, is_stderr):
    done = unread("sync", "swf.toml", "--yes", cwd=folder, SWF_DOMAIN=None, is_stderr=is_stderr)

    assert done.code == 0
    assert len(registered("shop", connection=connection).domains[0].types) == 4


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_drift_is_told_by_the_exit_code_though_nobody_reads_the_plan(unread, folder, url, form):
    done = unread("diff", "swf.toml", "--check", "-o", form, cwd=folder, SWF_DOMAIN=None)

    assert (done.code, done.err) == (2, "")


@pytest.fixture
def terminal(folder):
    terminal = Terminal(folder / "tmux", folder)
    yield terminal
    terminal.end()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_on_a_terminal_there_are_colours_a_question_and_a_bar(terminal, variables, url, many, connection):
    with Gate(url, "Register", let=41) as gate:
        terminal.begin(f"{sys.executable} -m swf sync {many}", {**variables, "SWF_ENDPOINT_URL": gate.url})
        terminal.wait_for(r"Make 151 changes in SWF at http://127\.0\.0\.1:\d+, us-east-1\? \[y/N\]:")
        asked_first = connection.call("list_domains", registrationStatus="REGISTERED")["domainInfos"]
        colours = terminal.screen("-e")
        terminal.type("y", "Enter")
        terminal.wait_for(r"Syncing .* 41/151")
        gate.let(110)
        terminal.wait_for(r"Done: 151 changes\.")

    assert asked_first == []
    # tmux tells a colour once, where it begins.
    assert re.fullmatch(
        r"\x1b\[32m(  \+ activity  A\d+ +1\.0\n)+\n\x1b\[39mSWF at http://127\.0\.0\.1:\d+, us-east-1, account "
        r"not known \(the plan holds for any\): 151 to registe\n?r\nMake 151 .*\n",
        colours,
    )
    assert "151/151" in terminal.screen()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_whoever_says_no_has_nothing_changed(terminal, variables, url):
    terminal.begin(f"{sys.executable} -m swf sync swf.toml; echo code $?", {**variables, "NO_COLOR": "1"})
    terminal.wait_for(r"Make 5 changes in SWF at http://127\.0\.0\.1:\d+, us-east-1\? \[y/N\]:")
    terminal.type("n", "Enter")
    terminal.wait_for(r"Nothing is changed\.\s+code 1")

    assert "\x1b[" not in terminal.screen("-e")
    assert written(url) == {}


# Who may, and where


def test_without_credentials_the_ways_to_give_them_are_told(swf):
    done = swf("diff", "swf.toml", "--check", SWF_ENDPOINT_URL="", AWS_REGION="eu-west-1")

    assert done.code == 77
    assert done.err.startswith("Error: No AWS credentials were found. Set AWS_ACCESS_KEY_ID and ")


def test_without_a_network_it_fails(swf):
    done = swf("diff", "swf.toml", "--check", "--endpoint", "http://127.0.0.1:1")

    assert done.code == 1
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/". Check the network' in done.err


# Bad manifests


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "bad.toml",
            SHOP.replace("task_list", "tasklist"),
            "bad.toml has 3 mistakes:\n"
            "domains[0].workflows[0].tasklist: is no key that is known here. Did you mean 'task_list'? There are: ",
        ),
        (
            "bad.yaml",
            "domains:\n- name: shop\n  workflows:\n  - name: Order\n    version: 1.10\n",
            'bad.yaml: domains[0].workflows[0].version (line 5): 1.10 must be text. Write it in quotes: "1.10".',
        ),
        (
            "bad.json",
            '{"domains": [{"name": "shop", "activities": [%s, %s]}]}' % (('{"name": "A", "version": "1"}',) * 2),
            "bad.json: domains[0].activities[1]: is A 1 again, which domains[0].activities[0] is. Remove one of them, ",
        ),
        (
            "bad.toml",
            SHOP.replace("= 30", '= "soon"'),
            "bad.toml: domains[0].activities[0].task_heartbeat_timeout: 'soon' must be a whole number. Write whole ",
        ),
        (
            "bad.toml",
            "[[domains]]\n",
            'has no name. Write name = "shop", say; or give --domain NAME, set SWF_DOMAIN, or',
        ),
        ("swf.yaml", None, "There is no file swf.yaml. Did you mean 'swf.toml'? Check its name and the folder."),
        ("nothing", None, "There is no module 'nothing' in the current folder, nor is it installed."),
        ("swf.tml", None, "There is no module or file 'swf.tml'. Did you mean 'swf.toml'?"),
        ("shop.py", None, "'shop.py' is no name of a module. Write it as in an import, with dots: shop"),
        ("shop:ordr", None, "The module shop has no 'ordr'. Did you mean 'order'? It declares: shop, order, bakery."),
    ],
)
def test_a_bad_manifest_is_told_and_nothing_is_sent(here, folder, url, name, text, said):
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")

    done = here("diff", name)

    assert (done.code, done.out) == (64, "")
    assert said in done.err
    assert asked(url) == {}


def test_nothing_of_a_manifest_with_a_mistake_is_synced(here, folder, url):
    (folder / "bad.toml").write_text(f"{SHOP}retention = 1\n", encoding="utf-8")

    done = here("sync", "bad.toml", "--yes")

    assert (done.code, done.out) == (64, "")
    assert "domains[0].activities[2].retention: is no key that is known here." in done.err
    assert asked(url) == {}


def test_a_module_that_fails_is_told_with_its_traceback(start, folder):
    (folder / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    (folder / "broken.toml").touch()

    with start("manifest", "validate", "broken") as process:
        _, said = process.communicate(timeout=LONG_SECONDS)

    assert process.returncode == 64
    assert 'broken.py", line 1, in <module>\n    1 / 0' in said
    assert "Error: broken cannot be imported: ZeroDivisionError: division by zero." in said


# Manifests


@pytest.mark.parametrize("form", ["toml", "json", "yaml"])
def test_what_is_exported_is_declared_again(here, folder, connection, form):
    here("sync", "swf.toml", "--yes")

    exported = here("manifest", "export", "--domain", "shop", "-o", form)
    (folder / f"again.{form}").write_text(exported.out, encoding="utf-8")

    assert exported.code == 0
    assert here("diff", f"again.{form}", "--check").out.endswith("us-east-1, account 123456789012: 5 unchanged\n")


@pytest.mark.parametrize("form", ["toml", "json", "yaml"])
def test_an_exported_file_is_in_utf_8_whatever_the_terminal_is_in(variables, folder, connection, form):
    shop = Domain("shop", description="茶 ☕ 👍", retention_period=1, connection=connection)
    shop.save()

    done = subprocess.run(
        [sys.executable, "-m", "swf", "manifest", "export", "--domain", "shop", "-o", form],
        cwd=folder, env={**variables, "PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False,
    )  # fmt: skip
    (folder / f"again.{form}").write_bytes(done.stdout)

    assert (done.returncode, done.stderr) == (0, b"")
    assert Manifest.load(folder / f"again.{form}").domains[0].domain.description == "茶 ☕ 👍"


def test_all_domains_may_be_exported(here, connection):
    for name in ("bakery", "shop"):
        Domain(name, retention_period=1, connection=connection).save()

    done = here("manifest", "export", "--all")

    assert done.out == (
        '[[domains]]\nname = "bakery"\nretention_period = 1\ntags = {}\n\n'
        '[[domains]]\nname = "shop"\nretention_period = 1\ntags = {}\n'
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 64, "No domain is given. Name one with --domain NAME, set SWF_DOMAIN, or write domain under [defaults]"),
        (["--all", "--domain", "shop"], 64, "Give --all or --domain, not both."),
        (["--domain", "shop"], 5, "shop"),
    ],
)
def test_what_cannot_be_exported_is_told(here, arguments, code, said):
    done = here("manifest", "export", *arguments)

    assert (done.code, done.out) == (code, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("swf.toml", "shop with 1 workflow type and 3 activity types\n"),
        ("shop", "shop with 1 workflow type and 0 activity types\nbakery with 0 workflow types and 1 activity type\n"),
    ],
)
def test_a_manifest_is_validated_without_a_connection(swf, url, source, told):
    done = swf("manifest", "validate", source, SWF_ENDPOINT_URL="http://127.0.0.1:1")

    assert (done.code, done.out, done.err) == (0, told, "")
    assert asked(url) == {}


def test_the_schema_is_printed(here):
    done = here("manifest", "schema")

    assert json.loads(done.out)["$defs"]["activity"]["required"] == ["name", "version"]


# The guide


def blocks(language):
    """Give the code blocks of the guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(found):
    """Give a command, or those of a group."""
    return list(found.commands.values()) if hasattr(found, "commands") else [found]


@pytest.fixture
def guide(folder, variables):
    """The guide's manifest in place of the tests' own, in a region that is signed for; what it is like there."""
    (folder / "swf.toml").write_text(blocks("toml")[0], encoding="utf-8")
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
    return {**variables, **keys, "AWS_REGION": "eu-west-1"}


def test_a_plan_is_shown_as_in_the_guide(swf, guide, url, folder):
    [declared] = Manifest.load(folder / "swf.toml").domains
    order, charge = declared.workflow_types[0], declared.activity_types[0]
    with Connection(url, region="eu-west-1", aws_access_key_id="id", aws_secret_access_key="secret") as connection:
        shop = attrs.evolve(declared.domain, connection=connection)
        shop.save(tags=declared.tags)
        for each in (order, attrs.evolve(charge, task_list="cash"), ActivityType("shop", "Pack", "1.0")):
            attrs.evolve(each, domain=shop).save()

        done = swf("diff", "swf.toml", **guide)

    [shown] = [block for block in blocks("console") if block.startswith("$ swf diff swf.toml\n")]
    assert done.out.replace(f"SWF at {url}", "Amazon SWF") == shown.removeprefix("$ swf diff swf.toml\n")


def test_the_recipe_of_the_guide_does_what_it_says(guide, folder):
    [recipe] = (yaml.safe_load(block) for block in blocks("yaml"))
    jobs = {
        name: [step["run"] for step in job["steps"] if step.get("run", "").startswith(("swf ", "cat "))]
        for name, job in recipe["jobs"].items()
    }
    environment = {**guide, "GITHUB_STEP_SUMMARY": "summary.md"}

    for line in [*jobs["diff"], *jobs["sync"]]:
        done = subprocess.run(
            ["bash", "-e", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stderr)

    assert jobs["sync"] == ["swf sync swf.toml --yes", "swf diff swf.toml --check"]
    assert unprinted((folder / "summary.md").read_text()).startswith(
        "### SWF at URL, eu-west-1, account not known (the plan holds for any): 4 to register\n"
    )


@pytest.mark.parametrize("command", [each for group in (diff, sync, manifest) for each in commands(group)])
def test_every_option_is_in_the_guide(command):
    guide = GUIDE.read_text(encoding="utf-8")

    left_out = [
        option.opts[0] for option in command.params if option.opts[0][0] == "-" and f"`{option.opts[0]}" not in guide
    ]

    assert left_out == []


@pytest.mark.parametrize("command", [each for group in (diff, sync, manifest) for each in commands(group)])
def test_help_ends_with_an_example(command):
    assert "swf " in command.epilog.partition("Example")[2]
