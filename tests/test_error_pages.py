"""What the documentation says of errors and exit codes is what there is."""

import inspect
import re
import signal
from pathlib import Path

import pytest

from swf import actors, exceptions
from swf.cli import exit_codes
from swf.exceptions import FAULTS, ResponseError, SWFError

DOCS = Path(__file__).parents[1] / "docs"
ERRORS = (DOCS / "guide" / "errors.md").read_text(encoding="utf-8")
CLI = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")

PUBLIC = {name: kind for name, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, SWFError)}


def tree():
    """Give each error of the page's tree with the one that it hangs on."""
    [drawn] = re.findall(r"```text\n(SWFError\n.*?)```", ERRORS, re.DOTALL)
    above = []
    for line in drawn.splitlines():
        branch, names = re.match(r"([│├└─ ]*)((?:\w+(?:, )?)+)", line).groups()
        depth = len(branch) // 4
        for name in names.split(", "):
            yield name, above[depth - 1] if depth else None
        above[depth:] = [names.split(", ")[-1]]


def rows(page, *heads):
    """Give the cells of each row of the table with these heads."""
    head = re.escape(f"| {' | '.join(heads)} |\n")
    [body] = re.findall(rf"{head}\|[-|]+\n((?:\|.*\n)+)", page)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body.splitlines()]


def quoted(cell):
    return re.findall(r"`(\w+)`", cell)


def refused():
    return [
        (quoted(error)[0], quoted(faults), faults)
        for error, faults, _ in rows(ERRORS, "Error", "SWF's fault", "What to do")
    ]


def test_every_error_is_in_the_tree():
    assert set(PUBLIC) - {name for name, _ in tree()} == set()


@pytest.mark.parametrize(("name", "parent"), list(tree()))
def test_the_tree_tells_what_an_error_descends_from(name, parent):
    kind = PUBLIC.get(name) or getattr(actors, name)

    assert parent is None or kind.__bases__[0] is PUBLIC[parent]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_becomes_an_error_that_has_a_row(fault):
    assert kind_of_row(FAULTS[fault]) != "ResponseError"


@pytest.mark.parametrize(("name", "faults", "cell"), refused())
def test_a_row_names_the_faults_that_become_its_error(name, faults, cell):
    becoming = {fault for fault, kind in FAULTS.items() if kind_of_row(kind) == name}

    assert set(faults) <= becoming
    assert set(faults) == becoming or "and others" in cell


def kind_of_row(kind):
    """Give the nearest error above that has a row."""
    with_a_row = {name for name, _, _ in refused()}
    return next(each.__name__ for each in kind.__mro__ if each.__name__ in with_a_row)


def test_what_is_wrong_before_anything_is_sent_is_told():
    for name, _ in rows(ERRORS, "Error", "What to do"):
        kind = PUBLIC[quoted(name)[0]]
        assert not issubclass(kind, ResponseError)


def test_every_exit_code_is_told():
    [table] = re.findall(r"## Exit codes\n\n\| \| \|\n\|---\|---\|\n((?:\|.*\n)+)", CLI)
    told = {int(code) for line in table.splitlines() for code in line.split("|")[1].split(",")}

    assert told == {
        0,
        128 + signal.SIGINT,
        128 + signal.SIGTERM,
        *(value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)),
    }
