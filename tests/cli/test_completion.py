"""What the Tab key gives, as a shell asks for it."""

import subprocess

import pytest

from swf import settings
from swf.cli import main
from tests.cli.waiting import LONG_SECONDS


@pytest.fixture(scope="module", autouse=True)
def runs(shop):
    """Open executions."""
    for workflow_id in ("order-1", "order-2", "refund-1"):
        shop.order.start_execution(workflow_id)


@pytest.fixture
def completed(environment, monkeypatch, capsys):
    """Gives what is offered for the last word of a line, as a shell asks for it."""

    def completed(line, **changed):
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_SWF_COMPLETE": "bash_complete"}
        for name, value in {**environment, **asked, **changed}.items():
            monkeypatch.setenv(name, value)
        settings.clear()
        with pytest.raises(SystemExit) as ended:
            main([])
        captured = capsys.readouterr()
        assert (ended.value.code, captured.err) == (0, "")
        return [word.partition(",")[2] for word in captured.out.split()]

    return completed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("swf exec", ["executions"]),
        ("swf executions t", ["trace", "terminate"]),
        ("swf executions ls --close-s", ["--close-status"]),
        ("swf executions ls --close-status T", ["terminated", "timed_out"]),
        ("swf executions show order-", ["order-2", "order-1"]),
        ("swf executions cancel re", ["refund-1"]),
        ("swf executions start O", ["Order"]),
        ("swf executions start Order ", ["1.0"]),
        ("swf types show --kind activity C", ["Charge"]),
        ("swf types show --kind activity Charge ", ["1.0"]),
        ("swf executions ls --domain test_comp", ["test_completion"]),
        ("swf domains show test_comp", ["test_completion"]),
        ("swf executions ls --domain nowhere --type O", []),
    ],
)
def test_names_are_completed(completed, line, words):
    assert completed(line) == words


def test_nothing_is_offered_and_nothing_said_where_nobody_answers(completed):
    assert completed("swf executions show o", SWF_ENDPOINT_URL="http://127.0.0.1:9") == []
    assert completed("swf executions show o", SWF_DOMAIN="") == []


@pytest.mark.parametrize(("shell", "part"), [("bash", "complete -o"), ("zsh", "#compdef swf"), ("fish", "complete ")])
def test_a_shell_is_told_how_to_complete(swf, shell, part):
    done = swf("completion", shell)

    assert done.code == 0
    assert part in done.out
    assert "_SWF_COMPLETE" in done.out


def test_bash_completes_with_it(environment):
    script = 'eval "$(swf completion bash)"; COMP_WORDS=(swf executions show re); COMP_CWORD=3; _swf_completion swf; '
    done = subprocess.run(
        ["bash", "-c", script + 'echo "${COMPREPLY[@]}"'],
        capture_output=True,
        text=True,
        env=environment,
        timeout=LONG_SECONDS,
        check=True,
    )

    assert done.stdout == "refund-1\n"
