"""What things are called, that nothing of SWF is missing, and what the project says of itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

import swf
from swf.engine.decisions import HANDLERS
from swf.engine.operations.registry import OPERATIONS
from swf.models.decision import DECISIONS

PACKAGE = Path(swf.__file__).parent
PROJECT = Path(__file__).parents[2]
MODEL = ServiceModel(Loader().load_service_model("swf", "service-2"), "swf")

VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers", "stuff", "core_utils"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_a_module_is_named_for_what_it_holds(path):
    assert not VAGUE & set(path.relative_to(PACKAGE).with_suffix("").parts)


def test_the_engine_offers_every_operation_of_swf():
    assert set(OPERATIONS) == set(MODEL.operation_names)


def test_the_engine_carries_out_every_decision_of_swf():
    assert {kind.__name__ for kind in HANDLERS} == set(DECISIONS)


def undocumented(path: Path) -> Iterator[str]:
    """Name the public classes and functions of a module that say nothing about themselves; also the module."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    if not ast.get_docstring(module):
        yield path.name
    for node in module.body:
        if is_public(node) and not ast.get_docstring(node):
            yield f"{path.name}:{node.lineno} {node.name}"


def is_public(node: ast.stmt) -> bool:
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    overloaded = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
    return not node.name.startswith("_") and not overloaded


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_what_is_public_says_what_it_is(path):
    assert list(undocumented(path)) == []


TEXTS = {".py", ".md", ".toml", ".ini", ".sql", ".txt", ".json", ".yaml", ".yml", ".html", ".example", ""}
FOLDERS = ("swf", "tests", "docs", ".ci")

# Places on somebody's machine.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|Users|home)/\w|/opt/venv")


def texts() -> list[Path]:
    found = [path for path in PROJECT.iterdir() if path.is_file() and path.suffix in TEXTS]
    for folder in FOLDERS:
        found += [path for path in (PROJECT / folder).rglob("*") if path.is_file() and path.suffix in TEXTS]
    # In a worktree ``.git`` is a file, which is git's own.
    left_out = (Path(__file__), PROJECT / ".git")
    return sorted(path for path in found if "__pycache__" not in path.parts and path not in left_out)


def test_no_file_names_a_place_on_somebodys_machine():
    told = {
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATHS.search(line)
    }

    assert told == set()


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("see /home/ann/notes", True),
        ("run /opt/venv/bin/python", True),
        ("in /root/x", True),
        ("arn:aws:swf:us-east-1:1:/domain/d", False),
        ("https://example.org/home/page", False),
        ("~/.swf", False),
        ("read or write", False),
    ],
)
def test_places_on_machines_are_told_from_other_paths(line, tells):
    assert bool(MACHINE_PATHS.search(line)) is tells
