"""The pytest plugin: its fixtures as a user's tests have them, and that it costs nothing unused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "testing.md"


def test_the_fixtures_give_a_test_an_swf_of_its_own(pytester):
    pytester.makepyfile(
        """
        import pytest
        from swf.connection import current
        from swf.models import Domain

        @pytest.mark.parametrize("number", [1, 2])
        def test_domain(number, swf_domain):
            assert swf_domain.is_synced
            assert [domain.name for domain in Domain.objects.all()] == ["test"]
            Domain("another").save()

        def test_connection(swf_connection, swf_engine, swf_clock):
            assert current() is swf_connection
            assert swf_connection.engine is swf_engine
            assert swf_engine.clock is swf_clock

        def test_clock(swf_clock, swf_connection):
            before = swf_connection.now()
            swf_clock.advance(days=1)
            assert (swf_connection.now() - before).days == 1
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=4)


def test_the_default_connection_of_before_is_restored(pytester, connection):
    pytester.makepyfile(
        """
        from swf.connection import current

        def test_connection(swf_connection):
            assert current() is swf_connection
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)
    assert connection.call("list_domains", registrationStatus="REGISTERED") == {"domainInfos": []}


def test_the_environment_runs_an_execution_on_the_other_fixtures(pytester):
    pytester.makepyfile(
        """
        from swf.actors import Decider
        from swf.models import WorkflowType
        from swf.models.decision import CompleteWorkflowExecution, StartTimer

        class Sleeper(Decider):
            def decide(self, task):
                if "day" in task.history.timers:
                    return CompleteWorkflowExecution(result="slept")
                return StartTimer(timer_id="day", start_to_fire_timeout=86400)

        def test_sleeper(swf_environment, swf_domain, swf_connection):
            sleep = WorkflowType(swf_domain, "Sleep", "1", task_list="beds", execution_timeout=172800)
            sleep.save()
            before = swf_connection.now()

            execution = swf_environment.run(sleep.start_execution("bear"), Sleeper("test", "beds"))

            assert execution.result == "slept"
            assert (swf_connection.now() - before).days == 1
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)


def test_a_clock_of_the_test_that_moves_by_itself_makes_polls_wait(pytester):
    pytester.makepyfile(
        """
        import pytest
        from swf.engine import VirtualClock

        @pytest.fixture
        def swf_clock():
            return VirtualClock(auto_advance=True)

        def test_engine(swf_engine, swf_clock):
            assert swf_engine.clock is swf_clock
            assert swf_engine.poll_wait_seconds == 60
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)


def test_the_tests_of_the_guide_pass(pytester):
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    *shared, still, moving = blocks
    pytester.makepyfile(test_still="\n".join([*shared, still]), test_moving="\n".join([*shared, moving]))

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=3)


def test_the_tests_of_several_processes_run_side_by_side(pytester):
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
        import pytest
        from swf.models import Domain

        @pytest.mark.parametrize("number", range(8))
        def test_domain(number, swf_domain):
            Domain("another").save()
            assert Domain.objects.all().count() == 2
        """
    )

    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=8)


@pytest.mark.parametrize("heavy", ["boto3", "botocore", "swf.engine", "swf.models", "swf.connection"])
def test_the_plugin_loads_nothing_when_it_is_not_used(heavy):
    program = f"import sys, swf.pytest_plugin; print({heavy!r} in sys.modules)"

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)

    assert told.stdout.strip() == "False"
