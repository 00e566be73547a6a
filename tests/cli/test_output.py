"""What all commands do alike: where output goes, how they end, and how little they load."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.cli import COMMANDS
from swf.cli.filters import date
from swf.cli.output import Column, Output, layout, shown, visible
from swf.cli.overview import overview
from swf.cli.remedies import told
from swf.exceptions import FAULTS, ExecutionNotCompletedError, SWFError, from_fault
from tests.cli.waiting import LONG_SECONDS


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


NAMED = [Column("NAME", lambda row: row[0]), Column("SIZE", lambda row: row[1])]


def test_columns_are_as_wide_as_the_rows_of_several_short_lists_ask_for(capsys):
    Output("table").rows([[("ox", 1)], [("elephant", 2)]], NAMED, list, is_of_several=True)

    assert capsys.readouterr().out == "NAME      SIZE\nox        1\nelephant  2\n"


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
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=LONG_SECONDS, check=False
    )

    first, code = done.stdout.splitlines()
    assert json.loads(first)["eventId"] == 1
    assert (code, done.stderr) == ("0", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["shell", "-c", "for n in range(100000): print(n)"], 0),
        *((["executions", "ls", "-o", form], 0) for form in ("table", "csv", "jsonl")),
        (["executions", "trace", "order-1", "-o", "table", "--once"], 0),
        (["domains", "show", "-o", "table"], 0),
        (["executions", "show", "nobody"], 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_reader_that_has_gone_before_anything_is_written_is_no_error(unread, runs, arguments, code):
    done = unread(*arguments)

    assert done.code == code
    assert code == 5 or done.err == ""


def test_a_reader_of_errors_that_has_gone_changes_no_exit_code(unread, runs):
    assert unread("executions", "show", "nobody", is_stderr=True).code == 5
    assert unread("executions", "wait", "order-1", "--timeout", "0.1", is_stderr=True).code == 6


def test_how_an_execution_closed_is_told_by_the_exit_code_though_nobody_reads_it(unread, shop):
    shop.order.start_execution("ended").terminate()

    assert unread("executions", "wait", "ended").code == 4


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [
        (1, ["executions", "ls"], 0),
        (1, ["--version"], 0),
        (2, ["executions", "show", "nobody"], 5),
        (2, ["executions", "count"], 0),
        (0, ["executions", "terminate", "--all"], 64),
        (0, ["executions", "start", "Order", "1.0", "--input", "@-"], 64),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_stream_that_is_closed_is_no_error_of_its_own(environment, runs, closed, arguments, code):
    line = f'exec {closed}{"<" if closed == 0 else ">"}&-; exec swf "$@"'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *arguments], capture_output=True, text=True, env=environment,
        timeout=LONG_SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["executions", "ls"],
        ["executions", "ls", "-o", "table"],
        ["executions", "ls", "-o", "csv"],
    ],
    ids=" ".join,
)
def test_a_disk_that_is_full_is_told_in_a_sentence(environment, runs, arguments):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            ["swf", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=environment,
            timeout=LONG_SECONDS, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "Error: stdout cannot be written: No space left on device. Make room there.\n"


@pytest.mark.parametrize(
    ("encoding", "form"), [("ascii", "table"), ("latin-1", "table"), ("latin-1", "csv"), ("latin-1", "jsonl")]
)
def test_what_an_encoding_has_no_letters_for_is_written_all_the_same(swf, runs, environment, encoding, form):
    runs[0].signal("注文", "👍")

    done = subprocess.run(
        ["swf", "executions", "history", "order-1", "--event", "WorkflowExecutionSignaled", "-o", form],
        capture_output=True, env={**environment, "PYTHONIOENCODING": encoding}, timeout=LONG_SECONDS, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    if form == "jsonl":
        *_, last = map(json.loads, text.splitlines())
        assert last["workflowExecutionSignaledEventAttributes"]["signalName"] == "注文"
    else:
        assert r"signal_name=\u6ce8\u6587 input=\U0001f44d" in text


@pytest.mark.parametrize("arguments", [["diff", "shop"], ["executions", "count", "--endpoint", "local:swf.db"]])
def test_a_folder_that_is_gone_is_told_in_a_sentence(here, tmp_path, monkeypatch, arguments):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    done = here(*arguments)

    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: The current folder has been removed. Go to another one.\n"


def test_stdin_that_is_no_text_is_told_in_a_sentence(environment):
    done = subprocess.run(
        ["swf", "executions", "start", "Order", "1.0", "--input", "@-"], input=b"\xff", capture_output=True,
        env=environment, timeout=LONG_SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == 64
    assert b"stdin cannot be read: it is no text in UTF-8. Name another file." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["domain", "ls"], "No such command 'domain'. Did you mean 'domains'? Run swf --help to see all of them."),
        (
            ["executions", "--domain", "shop", "ls"],
            "'--domain'. Options stand behind the command: swf executions COMMAND [OPTIONS]\n",
        ),
        (["executions", "xyz"], "No such command 'xyz'. Run swf executions --help to see all of them."),
        (["executions", "signl"], "No such command 'signl'. Did you mean 'signal'? Run swf executions --help "),
        (["executions", "start", "Order", "1.0", "--input", "@"], "@ names no file. Write @FILE, or @- for stdin."),
        (["executions", "history", "order-1", "--event", "timerfired"], "Did you mean 'TimerFired'? Write it as SWF"),
        (["executions", "start", "Order", "1.0", "--execution-timeout", "5m"], "'5m' must be a whole number.\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_word_that_is_none_is_told_with_what_may_be_meant(here, runs, arguments, said):
    done = here(*arguments)

    assert (done.code, done.out) == (64, "")
    assert said in done.err


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
        timeout=LONG_SECONDS,
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


def test_an_endpoint_that_is_none_is_said_to_be_given_by_an_option(here):
    done = here("domains", "ls", "--endpoint", "demo.db")

    assert done.err.startswith("Error: 'demo.db' is no endpoint (given by an option). Give http://HOST:PORT")


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
        timeout=LONG_SECONDS,
        check=True,
    )

    assert set(done.stderr.splitlines()[-1].split()) & set(unwanted) == set()


def test_the_help_of_all_names_each_command_in_a_line_that_fits():
    lines = overview(COMMANDS).splitlines()

    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]] == list(COMMANDS)


def test_the_help_is_the_same_with_and_without_other_words(swf):
    assert swf("--help").out == swf("-h").out == swf("--help", "executions").out
