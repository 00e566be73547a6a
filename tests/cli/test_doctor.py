"""``swf doctor``: what it finds in order, and what it finds in the way."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.cli.answering import Answers, answering

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIEXAMPLEKEY"}


class Other(Answers):
    """An SWF on another machine, whose clock, permissions and number of domains a test chooses."""

    skew = timedelta()
    denied = ()
    domains = 1
    truncated = False

    def do_POST(self):
        self.body()
        operation = self.operation
        if operation in self.denied:
            return self.answer(400, {"__type": "AccessDeniedException", "message": "User is not authorized"})
        if operation == "ListDomains":
            infos = [{"name": f"d{number}", "status": "REGISTERED"} for number in range(self.domains)]
            return self.answer(200, {"domainInfos": infos})
        if operation == "DescribeDomain":
            info = {"name": "shop", "status": "DEPRECATED"}
            settings = {"workflowExecutionRetentionPeriodInDays": "7"}
            return self.answer(200, {"domainInfo": info, "configuration": settings})
        if operation.startswith(("Count", "List")):
            counted = {"count": 1000, "truncated": True} if self.truncated else {"count": 0}
            return self.answer(200, {**counted, "typeInfos": [], "executionInfos": []})
        return self.answer(400, {"__type": "UnknownResourceFault", "message": "Unknown"})

    def date_time_string(self, timestamp=None):
        return format_datetime(datetime.now(UTC) + self.skew, usegmt=True)


@pytest.fixture
def other():
    """Starts such an SWF, and gives where it listens."""
    with ExitStack() as stack:
        yield lambda **chosen: stack.enter_context(answering(type("Chosen", (Other,), chosen)))


def findings(done):
    return {each["check"]: each for each in map(json.loads, done.out.splitlines())}


def test_all_is_in_order_where_nothing_is_in_the_way(swf, environment):
    done = swf("doctor", "-o", "table", **KEYS)

    lines = [line.split(maxsplit=1) for line in done.out.splitlines()]
    assert (done.code, done.err) == (0, "")
    assert {state for state, _ in lines} == {"set", "ok"}
    assert f"{'endpoint_url':<22}{environment['SWF_ENDPOINT_URL']}  (environment, SWF_ENDPOINT_URL)" in done.out
    assert "****MPLE  (environment, AWS_ACCESS_KEY_ID)" in done.out
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.out
    assert KEYS["AWS_ACCESS_KEY_ID"] not in done.out
    assert "12 of 12 operations that were tried are allowed" in done.out


def test_what_is_tried_changes_nothing(here, shop):
    here("doctor")

    assert not shop.domain.executions.filter(status=None).exists()
    assert [kind.name for kind in shop.domain.workflow_types.filter(status=None)] == ["Order"]


def test_an_engine_of_the_process_itself_is_looked_at_too(swf, tmp_path):
    done = swf("doctor", "--endpoint", f"local:{tmp_path / 'swf.db'}", SWF_DOMAIN=None)

    found = findings(done)
    assert done.code == 0
    assert found["clock"]["found"] == "the same: no other machine answers"
    assert (found["domain"]["state"], found["domain"]["found"]) == ("warning", "none is set")


@pytest.mark.parametrize(
    ("skew", "state", "said"),
    [
        (timedelta(), "ok", "right to some seconds"),
        (timedelta(minutes=2), "warning", "behind"),
        (-timedelta(minutes=2), "warning", "ahead"),
        (timedelta(hours=1), "failed", "behind"),
    ],
)
def test_a_clock_that_is_wrong_is_told_before_aws_refuses_it(here, other, skew, state, said):
    done = here("doctor", "--endpoint", other(skew=skew))

    found = findings(done)["clock"]
    assert (done.code, found["state"]) == (1 if state == "failed" else 0, state)
    assert found["found"].endswith(said)


def test_what_is_not_allowed_is_named_and_ends_with_77(here, other):
    done = here("doctor", "--endpoint", other(denied=("StartWorkflowExecution",)), "-o", "csv")

    assert done.code == 77
    assert (
        "permissions,failed,StartWorkflowExecution is not allowed,"
        "Allow the operation for this domain in the caller's IAM policy."
    ) in done.out
    assert 'permissions,ok,11 of 12 operations that were tried are allowed,' in done.out  # fmt: skip


@pytest.mark.parametrize(("domains", "state"), [(79, "ok"), (40, "ok"), (85, "warning")])
def test_a_quota_near_its_end_is_told(here, other, domains, state):
    # Both lists, of registered and of deprecated domains, have so many.
    done = here("doctor", "--endpoint", other(domains=domains // 2))

    assert findings(done)["quota: domains"]["state"] == state


@pytest.mark.parametrize(
    ("truncated", "found"),
    [
        (False, "0 of 100,000, which an account has unless it asked for more"),
        (True, "1,000 or more (SWF counts no further) of 100,000, which an account has unless it asked for more"),
    ],
)
def test_a_count_that_swf_ended_early_is_told_as_one(here, other, truncated, found):
    done = here("doctor", "--endpoint", other(truncated=truncated))

    assert findings(done)["quota: executions"]["found"] == found


def test_a_domain_that_is_deprecated_is_told_with_a_remedy(here, other):
    found = findings(here("doctor", "--endpoint", other()))["domain"]

    assert found["state"] == "warning"
    assert found["remedy"] == "To use it again: swf domains undeprecate shop"


@pytest.mark.parametrize(
    ("changed", "code", "check", "said"),
    [
        ({"SWF_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, "SWF", "Could not connect to the endpoint URL"),
        ({"SWF_ENDPOINT_URL": "nowhere"}, 64, "endpoint", "nowhere"),
        ({"SWF_ENDPOINT_URL": None}, 77, "endpoint", "No AWS credentials were found."),
        ({"SWF_DOMAIN": "nowhere"}, 5, "domain", "Unknown domain: nowhere"),
    ],
    ids=["no network", "no URL", "no credentials", "no such domain"],
)
def test_what_is_in_the_way_is_told_and_gives_the_exit_code(swf, changed, code, check, said):
    done = swf("doctor", **changed)

    last = json.loads(done.out.splitlines()[-1])
    assert (done.code, last["check"], last["state"]) == (code, check, "failed")
    assert said in last["found"]
    assert "settings.explain()" not in done.out
