"""The documentation and the help of the command line say what there is, and their commands do what they say."""

import doctest
import re
import shlex
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import click
import pytest

from swf.actors import Decider
from swf.cli.program import cli
from swf.exceptions import EndpointUnreachableError
from swf.models import WorkflowType
from swf.models.decision import CompleteWorkflowExecution, FailWorkflowExecution, ScheduleActivityTask, StartTimer
from tests.cli.waiting import LONG_SECONDS

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guide" / "command-line.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")


def commands(group=cli, path=("swf",)):
    """Give every command that can be called, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands())


# The reference


def sections():
    """Give the text below each heading of the reference, by the heading's words."""
    parts = re.split(r"^##+ (.*)\n", REFERENCE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def told(section):
    """Give a section's text with that of the sections, and the pages of the guide, that it sends its reader to."""
    anchors = {title.lower().replace(" ", "-"): text for title, text in sections().items()}
    linked = [anchors[anchor] for anchor in re.findall(r"\]\(#([\w-]+)\)", section)]
    pages = [
        (DOCS / "guide" / page).read_text(encoding="utf-8") for page in re.findall(r"\.\./guide/([\w-]+\.md)", section)
    ]
    return "\n".join([section, *linked, *pages])


def options(command):
    """Give the options that people are told of, in all their spellings."""
    return {
        spelling
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for spelling in [*parameter.opts, *parameter.secondary_opts]
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_are_in_the_reference(name):
    text = told(sections()[name])

    assert {option for option in options(COMMANDS[name]) if not re.search(rf"`{option}[` ]", text)} == set()


def test_the_reference_has_no_command_that_is_none():
    assert {title for title in sections() if title.startswith("swf ")} == set(COMMANDS)


def test_an_option_that_is_not_told_of_is_found():
    section = told(sections()["swf domains ls"])

    assert re.search("`--limit[` ]", section)
    assert re.search("`--endpoint-url[` ]", section)
    assert not re.search("`--explain[` ]", section)


# Help


def examples(command):
    """Give the commands of the examples that a command's help ends with."""
    epilog = (command.epilog or "").replace("\\\n", " ")
    for line in epilog.splitlines():
        found = re.search(r"\$\((swf .*?)\)", line) or re.match(r"\s*(swf .*)", line)
        if found:
            yield first_command(found[1])


def first_command(line):
    """Give the words of the first ``swf`` command of a line of a shell: up to a pipe, a redirection or a comment."""
    words = shlex.split(line, comments=True)
    ends = [place for place, word in enumerate(words) if word in ("|", "||", "&&", ">", "&")]
    return words[1 : ends[0] if ends else None]


def context_of(words):
    """Read words as the command line does, without doing what they say."""
    command, context, rest = cli, click.Context(cli), words
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, rest)
    return command.make_context(name, list(rest))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_a_command_is_for_and_each_option_and_ends_with_examples(name, tmp_path, monkeypatch):
    command = COMMANDS[name]
    monkeypatch.chdir(tmp_path)
    for file in ("order.json", "token.txt", "plan.json"):
        (tmp_path / file).write_text("{}", encoding="utf-8")

    untold = [
        parameter.opts for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden
        if not parameter.help
    ]  # fmt: skip
    shown = list(examples(command))

    assert command.help
    assert untold == []
    assert shown
    for words in shown:
        assert context_of(words)


# The guide


@pytest.fixture(scope="module")
def world(shop, environment):
    """What the guide is about: an order that failed, two that go on, and a kind of execution that somebody decides."""
    fail = FailWorkflowExecution(reason="no such card", details="4711")
    charge = ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge", input='{"total":30}')
    shop.start("order-1", fail, input={"total": 30})
    shop.start("order-2", charge, StartTimer(timer_id="lunch", start_to_fire_timeout=600), tag_list=["urgent"])
    token = shop.take().task_token
    shop.order.start_execution("order-3", tag_list=["urgent"])
    WorkflowType(shop.domain, "Nightly", "1.0", task_list="nightly", connection=shop.connection).save()
    decider = Decider(shop.domain, "nightly", connection=shop.connection)

    def answer():
        # The server may go before anybody starts one.
        with suppress(EndpointUnreachableError):
            decider.poll().complete(CompleteWorkflowExecution(result='{"rows":7}'))

    answering = threading.Thread(target=answer, daemon=True)
    answering.start()
    yield {**environment, "TOKEN": token}
    answering.join(LONG_SECONDS)


def steps():
    """Give the commands of the guide's shells, in order, each with what it shows."""
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = step.partition("\n")
            if not line.startswith(("pip ", "export ")) and not ("jq " in line and shutil.which("jq") is None):
                yield line, shown


def test_the_guide_shows_commands_of_each_group():
    shown = {first_command(line)[0] for line, _ in steps() if line.startswith("swf ")}

    assert shown >= {"domains", "types", "executions", "tasks", "doctor", "shell"}


# As many processes as there are commands.
@pytest.mark.timeout(600)
def test_the_commands_of_the_guide_do_what_it_shows(on_a_terminal, world, shop, tmp_path):
    checker = doctest.OutputChecker()
    wrong = []
    for line, shown in steps():
        command = ["bash", "-c", line.replace("shop", shop.domain.name)]
        _, written = on_a_terminal(command, world, 160, tmp_path)
        seen = re.sub(r"\x1b\[[0-9;]*m", "", written).replace(shop.domain.name, "shop")
        if not checker.check_output(shown, seen, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE):
            wrong.append(f"$ {line}\n{seen}")

    assert wrong == []
