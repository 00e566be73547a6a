"""Imports point down the layers of ``docs/architecture.md``, and the everyday ones are quick."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import swf

ROOT = Path(swf.__file__).parent

# A module is in the row of the longest name here that it begins with.
ROWS = {
    "swf.wire": 0,
    "swf.shapes": 0,
    "swf.rules": 0,
    "swf.checks": 0,
    "swf.payload": 0,
    "swf.constants": 0,
    "swf.exceptions": 0,
    "swf.failure": 0,
    "swf.logs": 0,
    "swf.documents": 0,
    "swf.models.event": 1,
    "swf.models.decision": 1,
    "swf.models.history": 1,
    "swf.clients": 2,
    "swf.connection": 2,
    "swf.credentials": 2,
    "swf.settings": 2,
    "swf.models": 3,
    "swf.querysets": 4,
    "swf.actors": 5,
    "swf.signals": 6,
    "swf.telemetry": 6,
    "swf.workflows": 6,
    "swf.specs": 6,
    "swf.sync": 6,
    "swf.cli": 7,
    "swf.console": 7,
    "swf.testing": 7,
    "swf.pytest_plugin": 7,
    "swf.demo": 7,
    "swf.__main__": 7,
}
# The engine stands beside the rows: it uses the lowest two, and only the shells use it.
ENGINE = "swf.engine"
ENGINE_USES = 1
SHELLS = 7

# Inside functions alone: models reach for querysets, a connection opens an engine for a ``local:`` endpoint.
EXCEPTIONS = {("swf.models", "swf.querysets"), ("swf.connection", ENGINE)}


@attrs.frozen
class Import:
    """One module imports another."""

    importer: str
    imported: str
    line: int
    in_function: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(name: str) -> Iterator[Import]:
    """Give what a module imports of this package when it runs; what only type checkers see is left out."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    yield from _imports(name, tree, in_function=False)


def _imports(name: str, node: ast.AST, *, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        for imported in _imported(name, child):
            if imported.partition(".")[0] == "swf" and imported != "swf":
                yield Import(name, imported, child.lineno, in_function)
        inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(name, child, in_function=inside)


def _imported(name: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{name}:{node.lineno}: a relative import"
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            yield submodule if submodule in MODULES else str(node.module)


def row(name: str) -> int:
    """Give the row a module is in."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        known = ROWS.get(".".join(parts[:length]))
        if known is not None:
            return known
    raise AssertionError(f"{name} is in no row: say in which of docs/architecture.md's rows it belongs")


def is_engine(name: str) -> bool:
    return name == ENGINE or name.startswith(f"{ENGINE}.")


def points_down(found: Import) -> bool:
    if is_engine(found.importer):
        return is_engine(found.imported) or row(found.imported) <= ENGINE_USES
    if is_engine(found.imported):
        return row(found.importer) >= SHELLS
    below = row(found.imported) < row(found.importer)
    same = row(found.imported) == row(found.importer) and row(found.imported) != SHELLS
    return below or same or is_same_shell(found)


def is_same_shell(found: Import) -> bool:
    """Tell whether a shell imports a module of its own, or the program what it runs."""
    if row(found.importer) != SHELLS:
        return False
    shells = [name.split(".")[1] for name in (found.importer, found.imported)]
    return shells[0] == shells[1] or shells[0] in ("__main__", "cli", "pytest_plugin")


def is_excepted(found: Import) -> bool:
    return found.in_function and any(
        f"{found.importer}.".startswith(f"{importer}.") and f"{found.imported}.".startswith(f"{imported}.")
        for importer, imported in EXCEPTIONS
    )


@pytest.mark.parametrize("name", [name for name in MODULES if name != "swf"])
def test_imports_point_down(name):
    if not is_engine(name):
        row(name)

    upwards = [str(found) for found in imports(name) if not points_down(found) and not is_excepted(found)]

    assert upwards == []


def test_the_package_itself_imports_none_of_its_modules():
    assert list(imports("swf")) == []


@pytest.mark.parametrize(
    ("found", "good"),
    [
        (Import("swf.wire", "swf.shapes", 1, False), True),
        (Import("swf.wire", "swf.models.event", 1, False), False),
        (Import("swf.models.domain", "swf.models.event", 1, False), True),
        (Import("swf.models.event.task", "swf.models.base", 1, False), False),
        (Import("swf.models.domain", "swf.querysets.domain", 1, False), False),
        (Import("swf.models.domain", "swf.querysets.domain", 1, True), True),
        (Import("swf.connection", "swf.engine", 1, True), True),
        (Import("swf.connection", "swf.engine", 1, False), False),
        (Import("swf.actors.core", "swf.engine", 1, True), False),
        (Import("swf.engine.store", "swf.connection", 1, True), False),
        (Import("swf.engine.store", "swf.models.history.state", 1, False), True),
        (Import("swf.testing", "swf.engine", 1, False), True),
        (Import("swf.actors.core", "swf.cli", 1, True), False),
        (Import("swf.demo", "swf.cli", 1, False), False),
    ],
)
def test_the_rule_tells_good_imports_from_bad_ones(found, good):
    assert (points_down(found) or is_excepted(found)) is good


HEAVY = "boto3 botocore click rich uvicorn starlette greenlet blinker yaml opentelemetry pytest hypothesis"
QUICK = [
    "swf",
    "swf.models",
    "swf.querysets",
    "swf.actors",
    "swf.connection",
    "swf.payload",
    "swf.failure",
    "swf.logs",
    "swf.sync",
    "swf.pytest_plugin",
]

# What a module is for: only pytest itself loads the plugin.
BELONGS = {"swf.pytest_plugin": {"pytest"}}


@pytest.mark.parametrize("name", [name for name in QUICK if name in MODULES])
def test_an_everyday_import_loads_neither_boto3_nor_any_extra(name):
    heavy = set(HEAVY.split()) - BELONGS.get(name, set())
    program = f"import sys, {name}; print(*sorted({heavy!r} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)

    assert loaded.stdout.split() == []
