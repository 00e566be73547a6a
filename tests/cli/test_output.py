"""What all commands do alike: where output goes, how they end, and how little they load."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.cli import COMMANDS
from swf.cli.filters import date
from swf.cli.output import Column, layout, shown, visible
from swf.cli.overview import overview
from swf.cli.remedies import told
from swf.exceptions import FAULTS, ExecutionNotCompletedError, SWFError, from_fault


@pytest.fixture(scope="module")
def runs(shop):
    """Two executions."""
    return [shop.order.start_execution(f"order-{number}", tag_list=["blue"]) for number in (1, 2)]


LS = ["swf", "executions", "ls"]


# Tables and lines


def test_it_is_a_table_with_colours_on_a_terminal(on_a_terminal, environment, runs, tmp_path):
    code, written = on_a_terminal(LS, environment, 80, tmp_path)

    assert code == 0
    assert "\x1b[1mWORKFLOW ID" in written
    assert "\x1b[36mOPEN" in written


def test_colours_are_left_out_if_nobody_wants_them(on_a_terminal, environment, runs, tmp_path):
    _, written = on_a_terminal(LS, {**environment, "NO_COLOR": "1"}, 80, tmp_path)

    assert "WORKFLOW ID" in written
    # Bold is no colour.
    assert set(re.findall(r"\x1b\[[0-9;]*m", written)) <= {"\x1b[1m", "\x1b[0m"}


def test_a_terminal_with_little_room_gets_fewer_columns(on_a_terminal, environment, runs, tmp_path):
    _, wide = on_a_terminal(LS, environment, 140, tmp_path)
    _, narrow = on_a_terminal(LS, environment, 60, tmp_path)

    assert "RUN ID" in wide
    assert "RUN ID" not in narrow
    plain = re.sub(r"\x1b\[[0-9;]*m", "", narrow)
    assert max(map(len, plain.splitlines())) <= 60


def test_a_table_in_a_pipe_is_never_cut(swf, runs):
    done = swf("executions", "ls", "-o", "table", COLUMNS="20")

    assert all(run.run_id in done.out for run in runs)
    assert "\x1b" not in done.out


ROWS = [("a" * 40, "b"), ("c", "d" * 30)]


@pytest.mark.parametrize(
    ("room", "widths"), [(None, [40, 30]), (100, [40, 58]), (60, [29, 29]), (40, [19, 19]), (33, [33]), (20, [20])]
)
def test_columns_share_the_room_there_is(room, widths):
    columns = [Column("A", lambda row: row[0]), Column("B", lambda row: row[1], is_extra=True)]

    assert [placed.width for placed in layout(columns, ROWS, room)] == widths


COLUMNS = st.lists(st.booleans(), min_size=1, max_size=6).map(
    lambda extras: [
        Column(f"C{place}", lambda row, place=place: row[place], is_extra=is_extra)
        for place, is_extra in enumerate(extras)
    ]
)


@given(
    COLUMNS, st.lists(st.lists(st.text("ab", max_size=40), min_size=6, max_size=6), min_size=1), st.integers(16, 200)
)
def test_only_extras_are_left_out_and_a_table_is_no_wider_than_its_room_or_what_it_needs(columns, rows, room):
    placed = layout(columns, rows, room)

    width = sum(each.width for each in placed) + 2 * (len(placed) - 1)
    kept = [each.column for each in placed]
    assert kept == [column for column in columns if column in kept]
    assert [column for column in columns if not column.is_extra and column not in kept] == []
    assert width <= room or all(each.width <= 16 for each in placed)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("1.5d", timedelta(hours=36)),
        ("2w", timedelta(days=14)),
        ("7", timedelta(days=7)),
        ("2030", "2030"),
        ("2030-01-31", "2030-01-31"),
        (None, None),
    ],
)
def test_a_date_is_told_from_now_or_as_it_stands(written, read):
    assert date(None, None, written) == read


def test_what_moves_a_cursor_is_shown_and_not_done(here, runs):
    runs[0].signal("look", "\x1b[2Jgone")

    done = here("executions", "history", "order-1", "-o", "table")

    assert "signal_name=look input=\\x1b[2Jgone" in done.out
    assert "\x1b" not in done.out
    assert (visible("a\tb\x07"), shown({"a": [1]})) == ("a\tb\\x07", '{"a": [1]}')


# Ends


def test_a_reader_that_goes_is_no_error(swf, environment, shop, runs):
    command = "swf executions history order-1 | head -1; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, check=False
    )

    first, code = done.stdout.splitlines()
    assert json.loads(first)["eventId"] == 1
    assert (code, done.stderr) == ("0", "")


@pytest.mark.parametrize("command", ["--help", 'shell -c "for n in range(100000): print(n)"'])
def test_a_reader_that_goes_while_much_is_written_is_no_error(environment, command):
    # The reader has gone before anything is written.
    command = f"(sleep 0.2; swf {command}; echo $? >&2) | true"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, check=False
    )

    assert (done.stdout, done.stderr) == ("", "0\n")


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        (
            {"SWF_DOMAIN": None},
            64,
            "Error: No domain is given. Name one with --domain NAME, set SWF_DOMAIN, or write domain under [defaults] "
            "in the file ~/.swf. To see which there are: swf domains ls\n",
        ),
        (
            {"SWF_ENDPOINT_URL": None},
            77,
            "Error: No AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, write ~/.swf, log "
            "in with `aws sso login`, or give --endpoint local:PATH to do without. swf doctor shows what was looked "
            "at.\n",
        ),
        (
            {"SWF_ENDPOINT_URL": "http://127.0.0.1:9"},
            1,
            'Error: Could not connect to the endpoint URL: "http://127.0.0.1:9/". Check the network and the '
            "endpoint_url (environment, SWF_ENDPOINT_URL).\n",
        ),
        ({"SWF_DOMAIN": "nowhere"}, 5, "Error: "),
        ({"SWF_CONFIG": "no/such/file"}, 64, "Error: There is no file no/such/file."),
    ],
    ids=["no domain", "no credentials", "no network", "no such domain", "no such file"],
)
def test_what_is_in_the_way_is_told_in_a_sentence(swf, changed, code, said):
    done = swf("executions", "ls", **changed)

    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(said)


def test_a_file_that_others_may_read_is_warned_about_in_a_sentence(swf, tmp_path):
    path = tmp_path / "swf.ini"
    path.write_text("[defaults]\nregion = us-east-1\n", encoding="utf-8")
    path.chmod(0o644)

    done = swf("executions", "count", SWF_CONFIG=str(path))

    assert done.code == 0
    assert done.err == f"Warning: {path} may be read by others. Close it: chmod 600 {path}\n"


def test_options_come_before_settings(swf, shop):
    done = swf(
        "executions", "count", "--domain", shop.domain.name, "--region", "us-east-1",
        SWF_DOMAIN="nowhere", AWS_REGION="eu-west-1",
    )  # fmt: skip

    assert done.code == 0


def test_a_file_of_an_engine_is_enough(swf, tmp_path):
    where = {"SWF_ENDPOINT_URL": f"local:{tmp_path / 'swf.db'}", "SWF_DOMAIN": "own"}

    registered = swf("domains", "register", "own", **where)
    listed = swf("domains", "ls", "-o", "csv", **where)

    assert (registered.code, registered.err) == (0, "Registered: own\n")
    assert listed.out.splitlines()[1].startswith("own,REGISTERED,")


def test_a_package_that_is_missing_is_told_before_anything_is_done(environment, shop):
    before = shop.domain.executions.count()
    program = "import sys; sys.modules['yaml'] = None; from swf.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "executions", "start", "Order", "1.0", "-o", "yaml"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == ("Error: YAML needs the extra 'yaml'. Install it: pip install 'simple-workflow[yaml]'\n")
    assert shop.domain.executions.count() == before


@pytest.mark.parametrize(
    "error",
    [
        *(from_fault("StartWorkflowExecution", code, "It was so") for code in FAULTS),
        ExecutionNotCompletedError("w", None),
        ExecutionNotCompletedError("w", "FAILED"),
    ],
    ids=lambda error: getattr(error, "code", "ended"),
)
def test_an_error_names_no_function_of_python_and_says_what_to_do(error: SWFError):
    sentences = told(error).split(". ")

    assert "()" not in told(error)
    assert len(sentences) >= 2


# What is loaded


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], ["boto3", "click", "rich", "attrs"]),
        (["--help"], ["boto3", "click", "rich", "attrs"]),
        (["executions", "--help"], ["boto3", "botocore", "rich"]),
        (["executions", "ls", "--help"], ["boto3", "botocore", "rich"]),
        (["completion", "bash"], ["boto3", "botocore", "rich"]),
        (["executions", "ls", "--no-such-option"], ["boto3", "botocore"]),
        (["executions", "ls", "--explain", "--domain", "shop"], ["boto3", "botocore"]),
        (["diff", "--help"], ["boto3", "botocore"]),
    ],
    ids=" ".join,
)
def test_a_command_loads_no_more_than_it_needs(environment, arguments, unwanted):
    program = (
        "import sys; from swf.cli import main; main(sys.argv[1:]); "
        "print(*sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )

    assert set(done.stderr.splitlines()[-1].split()) & set(unwanted) == set()


def test_the_help_of_all_names_each_command_in_a_line_that_fits():
    lines = overview(COMMANDS).splitlines()

    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]] == list(COMMANDS)


def test_the_help_is_the_same_with_and_without_other_words(swf):
    assert swf("--help").out == swf("-h").out == swf("--help", "executions").out
