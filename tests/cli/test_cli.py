"""The command line: exit codes, and no traceback for anyone's own slip."""

import subprocess
import sys

import pytest

from swf import __version__
from swf.cli import main
from tests.cli.waiting import LONG_SECONDS


def swf(*arguments, code=None):
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "swf", *arguments] if code is None else [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=LONG_SECONDS, check=False)


def test_the_demonstration_runs_as_a_module():
    done = swf("demo")

    assert done.returncode == 0
    assert done.stderr == ""
    assert "five: 120" in done.stdout


def test_the_version_is_told():
    done = swf("--version")

    assert (done.returncode, done.stdout) == (0, f"swf, version {__version__}\n")


def test_help_ends_with_an_example(capsys):
    code = main(["demo", "--help"])

    assert code == 0
    assert "swf demo --db demo.db" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["no-such-command"], ["demo", "--no-such-option"], ["demo", "too many"]])
def test_a_slip_on_the_command_line_is_told_in_a_sentence(arguments, capsys):
    code = main(arguments)

    captured = capsys.readouterr()
    assert code == 64
    assert captured.out == ""
    assert "Error: " in captured.err


def test_a_file_of_another_program_is_told_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be taken for one by its size alone\n" * 20)

    code = main(["demo", "--db", str(path)])

    captured = capsys.readouterr()
    assert code == 1
    assert captured.out == ""
    assert captured.err == f"Error: {path} is no SQLite database. Name another file for the engine.\n"


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "nowhere" / "demo.db"

    code = main(["demo", "--db", str(path)])

    assert code == 1
    assert capsys.readouterr().err == f"Error: The folder of {path} does not exist. Make it first.\n"


@pytest.mark.parametrize("package", ["click", "rich"])
def test_a_missing_extra_is_told_with_the_command_that_brings_it(package):
    done = swf("demo", code=f"import sys; sys.modules[{package!r}] = None; from swf.__main__ import main; main()")

    assert done.returncode == 1
    assert done.stderr == ("The command line needs the extra 'cli'. Install it: pip install 'simple-workflow[cli]'\n")
