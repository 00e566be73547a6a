"""Python modules as they are written: where they are, and what their names stand for. Nothing of them is imported."""

import ast
import io
import os
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import attrs

from swf.checks import meant
from swf.exceptions import ValidationError

ALLOW = "swf: allow"

Function = ast.FunctionDef | ast.AsyncFunctionDef

SIDE_EFFECTS = frozenset({"swf.workflows.side_effect", "swf.workflows.context.side_effect"})

# What is made of these gives a future when it is called.
_ELSEWHERE = frozenset(
    f"swf.workflows.{name}"
    for name in (
        "Activity",
        "activities.Activity",
        "ChildWorkflow",
        "children.ChildWorkflow",
        "LambdaFunction",
        "lambdas.LambdaFunction",
    )
)

_BUILTINS = frozenset({"open", "input", "hash", "id"})


# Where they are


def files_of(source: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the Python files of a path, or of a module or a package by its name.

    Raises:
        ValidationError: It is none of these.
    """
    path = Path(source)
    if path.is_dir():
        yield from _below(path)
    elif path.is_file():
        yield path
    else:
        yield from _files_of_module(str(source))


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.name.startswith((".", "__pycache__")) and not (path / "pyvenv.cfg").exists():
                yield from _below(path)
        elif path.suffix == ".py":
            yield path


def _files_of_module(name: str) -> Iterator[Path]:
    spec = _spec(name)
    if spec is None:
        raise ValidationError(
            f"There is no file, folder or module {name!r}. {meant(name, os.listdir())}Give a path, or a name as in an "
            "import, with dots."
        )
    if spec.submodule_search_locations is not None:
        for folder in spec.submodule_search_locations:
            yield from _below(Path(folder))
    elif spec.has_location and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)
    else:
        raise ValidationError(f"The module {name} is not written in Python. There is nothing to look at.")


def _spec(name: str) -> ModuleSpec | None:
    """Find a module without importing the packages that it is in."""
    places = [os.getcwd(), *sys.path]
    spec = None
    whole = ""
    for part in name.split("."):
        whole = f"{whole}.{part}" if whole else part
        spec = PathFinder.find_spec(whole, places) if part.isidentifier() else None
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
    return spec


def module_name(path: Path) -> str:
    """Give the name by which a file is imported."""
    path = path.resolve()
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").exists():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts))


# Modules, and what their names stand for


@attrs.define
class Module:
    """A module as it is written.

    Attributes:
        names: What names at its top stand for, by their full names.
        definitions: Functions and classes at its top.
        elsewhere: The variables at its top that stand for activities and the like which are implemented elsewhere,
            with the full names of their classes.
        done_once: The functions and methods that are side effects, by their own names.
        allowed: The lines with the comment that lets something through.
    """

    path: str
    name: str
    names: Mapping[str, str]
    definitions: Mapping[str, Function | ast.ClassDef]
    elsewhere: Mapping[str, str]
    done_once: frozenset[str]
    allowed: frozenset[int]

    @classmethod
    def of(cls, path: str, source: bytes, name: str) -> "Module":
        """Read a module.

        Raises:
            SyntaxError: It is no Python.
            ValueError: It cannot be.
        """
        tree = ast.parse(source, path)
        definitions = {node.name: node for node in _top(tree) if isinstance(node, Function | ast.ClassDef)}
        is_package = Path(path).stem == "__init__"
        names = _imports(ast.walk(tree), name if is_package else name.rpartition(".")[0])
        names |= {defined: f"{name}.{defined}" for defined in definitions}
        for node in _top(tree):
            if isinstance(node, ast.Assign) and (full := full_name(node.value, names)):
                names |= {target.id: full for target in node.targets if isinstance(target, ast.Name)}
        elsewhere = dict(_elsewhere(tree, names))
        done_once, allowed = frozenset(_done_once(tree, names)), frozenset(_allowed(source))
        return cls(path, name, names | _own_names(name, elsewhere), definitions, elsewhere, done_once, allowed)


def _top(tree: ast.AST) -> Iterator[ast.stmt]:
    """Give the statements that run at import, also those below ``if`` and ``try``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
            yield from _top(node)


def _imports(nodes: Iterable[ast.AST], package: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, package)
            names |= {name: f"{origin}.{name}" for name in _exported(origin) if node.names[0].name == "*"}
            names |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names}
    return names


def _exported(module: str) -> Iterable[str]:
    """Give what a star stands for, as far as it is known without importing anything."""
    if module != "swf.workflows":
        return ()
    from swf import workflows

    return workflows.__all__


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


def full_name(node: ast.AST, names: Mapping[str, str]) -> str | None:
    """Give the full name that an expression like ``a.b.c`` stands for."""
    if isinstance(node, ast.Attribute):
        holder = full_name(node.value, names)
        return None if holder is None else f"{holder}.{node.attr}"
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        return f"builtins.{node.id}" if node.id in _BUILTINS else None
    return None


def _own_names(module: str, variables: Iterable[str]) -> dict[str, str]:
    return {variable: f"{module}.{variable}" for variable in variables}


def _elsewhere(tree: ast.AST, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for node in _top(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            full = full_name(node.value.func, names)
            if full in _ELSEWHERE:
                yield from ((target.id, full) for target in node.targets if isinstance(target, ast.Name))


def _done_once(tree: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and full_name(node.func, names) in SIDE_EFFECTS:
            for argument in node.args:
                if isinstance(argument, ast.Name):
                    yield argument.id
                elif isinstance(argument, ast.Attribute):
                    yield argument.attr


def _allowed(source: bytes) -> Iterator[int]:
    if ALLOW.encode() not in source:
        return
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT and token.string.lstrip("# ").startswith(ALLOW):
            yield token.start[0]
