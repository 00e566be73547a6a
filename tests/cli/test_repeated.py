"""What an option does that is given twice: nothing of what was said is dropped."""

import re

import click
import pytest

from swf.cli.program import cli
from tests.cli.test_documentation import COMMANDS

# One value is taken, and two are refused, equal or not.
ONCE = "once"
# Each value counts.
EACH = "each"
# Both say the same.
SAME = "same"
# It may be repeated, but not contradicted.
EITHER = "either"
# How often it is given says how much.
COUNTED = "counted"

# For each option of any command, by its first spelling.
TABLE = {
    "--access-key": EACH,
    "--activity": EACH,
    "--all": SAME,
    "--cancel-requested": EITHER,
    "--check": SAME,
    "--child-policy": ONCE,
    "--close-status": ONCE,
    "--closed-since": ONCE,
    "--closed-until": ONCE,
    "--concurrency": ONCE,
    "--db": ONCE,
    "--decision-tasks-timeout": ONCE,
    "--depth": ONCE,
    "--description": ONCE,
    "--details": ONCE,
    "--domain": ONCE,
    "--dry-run": SAME,
    "--endpoint": ONCE,
    "--event": EACH,
    "--execution": ONCE,
    "--execution-timeout": ONCE,
    "--executor": ONCE,
    "--exit-code": SAME,
    "--explain": SAME,
    "--health-host": ONCE,
    "--health-port": ONCE,
    "--history": EACH,
    "--host": ONCE,
    "--identity": ONCE,
    "--input": ONCE,
    "--input-text": ONCE,
    "--json-logs": SAME,
    "--kind": ONCE,
    "--lambda": EACH,
    "--lambda-role": ONCE,
    "--limit": ONCE,
    "--largest-page": ONCE,
    "--limits": ONCE,
    "--name": ONCE,
    "--no-empty-task-token": SAME,
    "--no-keepalive": SAME,
    "--once": SAME,
    "--one-task": SAME,
    "--out": ONCE,
    "--parent": ONCE,
    "--plain": SAME,
    "--plan": ONCE,
    "--port": ONCE,
    "--processes": ONCE,
    "--profile": ONCE,
    "--prune": SAME,
    "--rate": ONCE,
    "--ready-file": ONCE,
    "--real-time": SAME,
    "--reason": ONCE,
    "--region": ONCE,
    "--reload": SAME,
    "--remove": EACH,
    "--result": ONCE,
    "--retention-period": ONCE,
    "--reverse": SAME,
    "--run-id": ONCE,
    "--save": ONCE,
    "--signal": EACH,
    "--since": ONCE,
    "--skip-conflicts": SAME,
    "--skip-existing": SAME,
    "--status": ONCE,
    "--stop-timeout": ONCE,
    "--supervised": ONCE,
    "--tag": EACH,
    "--task-heartbeat-timeout": ONCE,
    "--task-list": ONCE,
    "--task-priority": ONCE,
    "--task-schedule-to-close-timeout": ONCE,
    "--task-schedule-to-start-timeout": ONCE,
    "--task-start-to-close-timeout": ONCE,
    "--time": ONCE,
    "--timeout": ONCE,
    "--type": ONCE,
    "--type-version": ONCE,
    "--until": ONCE,
    "--version": ONCE,
    "--workflow-id": ONCE,
    "--yes": SAME,
    "-c": ONCE,
    "-f": SAME,
    "-o": ONCE,
    "-q": SAME,
    "-v": COUNTED,
}

# Where a command means something else by an option.
ELSEWHERE = {("swf replay", "--check"): EITHER, ("swf server", "--domain"): EACH}


def options():
    """Give each option of each command."""
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter


def groups(group=cli, path="swf"):
    """Give each group of commands."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from groups(command, f"{path} {name}")


def what_happens(name, option):
    return ELSEWHERE.get((name, option.opts[0])) or TABLE[option.opts[0]]


def read(name, *words):
    """Read words as a command does, without doing what they say; give what is wrong with them."""
    try:
        COMMANDS[name].make_context(name, list(words))
    except click.UsageError as error:
        return error.message
    return ""


def values(option, value):
    """Give an option with as many values as it wants."""
    return [value] * option.nargs


def test_the_table_names_each_option_once_and_no_other():
    assert {option.opts[0] for _, option in options()} == set(TABLE)
    assert set(ELSEWHERE) <= {(name, option.opts[0]) for name, option in options()}


def test_no_group_of_commands_has_an_option_with_a_value():
    assert [
        (name, each.opts) for name, group in groups() for each in group.params
        if isinstance(each, click.Option) and not each.is_flag
    ] == []  # fmt: skip


@pytest.mark.parametrize(
    ("name", "option"), [pytest.param(name, option, id=f"{name} {option.opts[0]}") for name, option in options()]
)
def test_an_option_that_is_given_twice_does_what_the_table_says(name, option):
    first, last = option.opts[0], option.opts[-1]
    match what_happens(name, option):
        case "once":
            said = read(name, first, *values(option, "a"), last, *values(option, "b"))

            a, b = " ".join(values(option, "a")), " ".join(values(option, "b"))
            assert said == (
                f"{' or '.join(option.opts)} takes one value, and was given '{a}' and '{b}'. Give one of them, or run "
                "the command once for each."
            )
            assert " takes one value" in read(name, first, *values(option, "a"), first, *values(option, "a"))
            assert " takes one value" not in read(name, first, *values(option, "a"))
        case "each":
            assert option.multiple
            assert " takes one value" not in read(name, first, "a=1", last, "b=2")
        case "either":
            no = option.secondary_opts[0]
            assert read(name, first, no) == f"{first} and {no} contradict each other. Give one."
            assert "contradict" not in read(name, first, first) + read(name, no, no)
        case "same":
            assert (option.is_flag, option.secondary_opts) == (True, [])
            assert "takes one value" not in read(name, first, last)
        case "counted":
            assert option.count
            assert "takes one value" not in read(name, first, last)


# Through the executable: one of each kind.


@pytest.fixture
def three(shop):
    """Open executions: of one tag, of both, and of the other."""
    started = [
        shop.order.start_execution(f"many-{number}", tag_list=tags, task_list="nobody")
        for number, tags in enumerate((["eu"], ["eu", "team-3"], ["team-3"]))
    ]
    yield started
    for execution in shop.domain.executions.filter(status="OPEN"):
        execution.terminate()


def open_ids(shop):
    return [execution.workflow_id for execution in shop.domain.executions.reverse()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["terminate", "--type", "Order", "--type", "Refund", "--yes"],
            "Error: --type takes one value, and was given 'Order' and 'Refund'. Give one of them, or run the command "
            "once for each.",
        ),
        (
            ["cancel", "--workflow-id", "many-0", "--workflow-id", "many-1", "--yes"],
            "Error: --workflow-id takes one value, and was given 'many-0' and 'many-1'.",
        ),
        (
            ["ls", "--since", "1h", "--start-oldest-date=2h"],
            "Error: --since or --started-since or --start-oldest-date takes one value, and was given '1h' and '2h'.",
        ),
        (
            ["count", "--close-status", "FAILED", "--close-status", "TIMED_OUT"],
            "Error: --close-status takes one value, and was given 'FAILED' and 'TIMED_OUT'.",
        ),
        (
            ["ls", "--parent", "a", "1", "--parent", "b", "2"],
            "Error: --parent takes one value, and was given 'a 1' and 'b 2'.",
        ),
        (
            ["signal", "stop", "--no-cancel-requested", "--cancel-requested", "--yes"],
            "Error: --cancel-requested and --no-cancel-requested contradict each other. Give one.",
        ),
        (["ls", "-o", "json", "--output", "csv"], "Error: -o or --output takes one value, and was given 'json' and"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_value_that_would_be_dropped_is_refused_and_nothing_is_done(swf, shop, three, arguments, said):
    done = swf("executions", *arguments)

    assert (done.code, done.out) == (64, "")
    assert said in done.err
    assert open_ids(shop) == ["many-0", "many-1", "many-2"]
    assert [execution.upstream().cancel_requested for execution in three] == [False] * 3


def test_tags_that_are_repeated_are_all_carried_by_what_is_ended(swf, shop, three):
    listed = swf("executions", "ls", "--tag", "eu", "--tag", "team-3", "-o", "csv")
    counted = swf("executions", "count", "--tag", "eu", "--tag", "team-3")
    ended = swf("executions", "terminate", "--tag", "eu", "--tag", "team-3", "--yes")

    assert [line.split(",")[0] for line in listed.out.splitlines()] == ["workflow_id", "many-1"]
    assert counted.out == "1\n"
    assert ended.err == (
        "Open executions with the tags 'eu' and 'team-3':\n"
        f"  many-1  {three[1].run_id}\n"
        "Terminated: 1\n"
    )  # fmt: skip
    assert open_ids(shop) == ["many-0", "many-2"]


def test_a_tag_that_is_repeated_is_one_tag(swf, three):
    done = swf("executions", "ls", "--tag", "eu", "--tag", "eu", "--explain")

    assert (done.code, "filtered here: nothing" in done.out) == (0, True)


def test_a_flag_that_is_repeated_says_the_same(swf, three):
    done = swf("executions", "ls", "--reverse", "--reverse", "--limit", "1", "-o", "csv")

    assert (done.code, done.out.splitlines()[1].split(",")[0]) == (0, "many-0")


def test_whoever_asks_for_help_gets_it_whatever_else_is_given(swf):
    done = swf("executions", "ls", "--type", "Order", "--type", "Refund", "--help")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: swf executions ls")


SPAM = """{
    "version": "1.0",
    "workflows": [
        {
            "spec_type": "dag",
            "name": "spam",
            "version": "1.0",
            "registration": {"task_list": "coffee", "execution_timeout": 60, "task_timeout": 10},
            "tasks": [{"id": "boil", "type": {"name": "boil", "version": "1"}}]
        }
    ]
}"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["domains", "register", "bakery", "--tag", "team=a", "--tag", "team=b"], "--tag gives 'team' twice."),
        (["domains", "tag", "bakery", "team=a", "team=b"], "KEY=VALUE gives 'team' twice."),
        (["domains", "tag", "bakery", "team=a", "--remove", "team"], "The tag 'team' is to be added and removed."),
        (["server", "--access-key", "id:one", "--access-key", "id:two"], "--access-key gives 'id' twice."),
        (["specs", "run", "spam.json", "--lambda", "a=true", "--lambda", "a=false"], "--lambda gives 'a' twice."),
        (["specs", "run", "spam.json", "--activity", "a@1=true", "--activity", "a@1=false"], "gives 'a@1' twice."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_key_that_is_given_two_values_is_refused(swf, tmp_path, arguments, said):
    (tmp_path / "spam.json").write_text(SPAM, encoding="utf-8")

    done = swf(*arguments, cwd=tmp_path)

    assert (done.code, done.out) == (64, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["executions", "ls", "--start-since", "1h"], ["--started-since"]),
        (["executions", "terminate", "--open"], []),
        (["executions", "ls", "--close-since", "1h"], ["--closed-since"]),
        (["executions", "ls", "--before", "1h"], []),
        (["executions", "terminate", "--start-newest-date", "1h"], ["--start-latest-date"]),
        (["executions", "signal", "stop", "--output", "x"], []),
        (["run", "shop", "--no-reload"], []),
        (["server", "--keepalive"], []),
        (["server", "--aws"], ["--limits aws"]),
        (["executions", "ls", "--closed"], ["--status CLOSED"]),
        (["executions", "count", "--timed-out"], ["--close-status TIMED_OUT"]),
        (["executions", "ls", "--json"], ["--output json"]),
        (["executions", "ls", "--stauts", "OPEN"], ["--status"]),
        (["domains", "unregister", "shop"], []),
    ],
    ids=" ".join,
)
def test_an_option_or_command_that_is_none_never_leads_to_its_opposite(here, arguments, meant):
    done = here(*arguments)

    assert (done.code, done.out) == (64, "")
    assert re.findall(r"Did you mean '?([\w -]+)", done.err) == meant
