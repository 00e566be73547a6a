"""Forbidden calls in the code of workflows, and calls that nobody awaits, found without running it.

Looked at are the methods of workflows, and what they refer to of the same module, or of others that are looked at
together. Side effects, activities and queries may do what they like, and so may a line with the comment
``# swf: allow``; beside ``def`` it is for the whole function.
"""

import ast
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from swf.workflows.forbidden import (
    CHANCE,
    FORGOTTEN,
    FORGOTTEN_CHILD,
    LEFT_CHILD,
    METHODS,
    ORDER,
    SEEDED,
    UNAWAITED,
    rule_for,
)
from swf.workflows.source import SIDE_EFFECTS, Function, Module, files_of, full_name, module_name

Scope = Function | ast.Lambda

_WORKFLOWS = frozenset({"swf.workflows.Workflow", "swf.workflows.definition.Workflow"})
_ACTIVITIES = frozenset({"swf.workflows.activity", "swf.workflows.activities.activity"})
_QUERIES = frozenset({"swf.workflows.query", "swf.workflows.definition.query"})

# What does nothing until it is awaited.
_WAITS = frozenset(
    {
        "asyncio.sleep",
        "asyncio.wait",
        "asyncio.wait_for",
        *(
            f"swf.workflows.{place}{name}"
            for place in ("", "context.")
            for name in ("wait_condition", "wait_for_signal")
        ),
    }
)

_CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__attrs_post_init__")

# What gives the elements of a set in their order.
_ORDERED_BY = frozenset({"list", "tuple", "iter", "enumerate", "map", "filter", "zip", "reversed"})
# What gives the same for elements in any order.
_ANY_ORDER = frozenset({"sorted", "set", "frozenset", "sum", "min", "max", "any", "all", "len"})
_SETS = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet"})
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


@attrs.frozen(order=True)
class Finding:
    """A forbidden call in the code of a workflow.

    Attributes:
        path: The file.
        line: The line, from 1.
        column: The column, from 1.
        kind: What kind of call it is: clock, random, file...
        what: The call.
        remedy: What to do instead.
        function: The method or the function that it is in.
    """

    path: str
    line: int
    column: int
    kind: str
    what: str
    remedy: str
    function: str

    def __str__(self) -> str:
        where = f" in {self.function}" if self.function else ""
        return f"{self.path}:{self.line}:{self.column}: {self.kind}: {self.what}{where}. {self.remedy}"


@attrs.frozen
class Report:
    """What was found.

    Attributes:
        findings: The forbidden calls, by file and line.
        workflows: The names of the workflows that were looked at.
        files: How many files were read.
    """

    findings: tuple[Finding, ...]
    workflows: tuple[str, ...]
    files: int


def lint(sources: Iterable[str | os.PathLike[str]]) -> Report:
    """Find forbidden calls in workflows; nothing of them is imported or run.

    Args:
        sources: Python files, folders, and modules or packages by their names.

    Raises:
        ValidationError: A source is none of these.
    """
    files = dict.fromkeys(path for source in sources for path in files_of(source))
    return _linted([(str(path), path.read_bytes(), module_name(path)) for path in files])


def lint_text(text: str, path: str = "<text>") -> Report:
    """Find forbidden calls in the text of one module.

    >>> report = lint_text('''
    ... import time
    ... from swf.workflows import Workflow
    ...
    ... class Order(Workflow):
    ...     async def run(self):
    ...         return time.time()
    ... ''')
    >>> print(*report.findings)
    <text>:7:16: clock: time.time() in Order.run. Use swf.workflows.now(), which is the same on each replay.
    """
    return _linted([(path, text.encode(), "module")])


def _linted(read: list[tuple[str, bytes, str]]) -> Report:
    findings: list[Finding] = []
    modules: dict[str, Module] = {}
    for path, source, name in read:
        # Scripts in two folders may have one name.
        unique = path if name in modules else name
        try:
            modules[unique] = Module.of(path, source, unique)
        except (SyntaxError, ValueError) as error:
            findings.append(_unreadable(path, error))
    code = _Code(modules)
    for look in code.looks():
        findings.extend(look.findings)
    return Report(tuple(sorted(findings)), tuple(code.workflows), len(read))


def _unreadable(path: str, error: Exception) -> Finding:
    line = getattr(error, "lineno", None) or 1
    said = getattr(error, "msg", None) or str(error)
    return Finding(path, line, 1, "syntax", f"This is no Python: {said}", "Mend it.", "")


# What workflows run


@attrs.frozen(eq=False)
class _Function:
    """A function that a workflow runs.

    Attributes:
        told: How it is called in a finding.
        owner: The class that it is a method of.
    """

    module: Module
    node: Function
    told: str
    owner: ast.ClassDef | None = None


class _Code:
    """Modules that are looked at together, by their names."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._sets: dict[ast.ClassDef, frozenset[str]] = {}
        self.workflows = [
            f"{module.name}.{node.name}"
            for module in modules.values()
            for node in module.definitions.values()
            if isinstance(node, ast.ClassDef) and self._is_workflow(f"{module.name}.{node.name}")
        ]

    def _is_workflow(self, name: str) -> bool:
        has_run = is_named_so = False
        for full, found in self._lineage(name):
            if full in _WORKFLOWS:
                return True
            if found is None:
                # A class that is not looked at: its name tells.
                is_named_so = is_named_so or (full is not None and full.endswith("Workflow"))
            else:
                has_run = has_run or _method(found[1], "run") is not None
        return has_run and is_named_so

    def _lineage(self, name: str) -> "Iterator[tuple[str | None, tuple[Module, ast.ClassDef] | None]]":
        """Yield the full names of a class and of all that it inherits, each once, with those that are looked at."""
        left: list[str | None] = [name]
        seen = set()
        while left:
            full = left.pop()
            # A name that is given twice may stand for a class that inherits the one before it.
            if full in seen:
                continue
            seen.add(full)
            found = self._class(full)
            yield full, found
            if found is not None:
                left.extend(reversed(list(_bases(*found))))

    def _class(self, full: str | None) -> tuple[Module, ast.ClassDef] | None:
        module, node = self._definition(full)
        return (module, node) if module is not None and isinstance(node, ast.ClassDef) else None

    def _definition(self, full: str | None) -> tuple[Module | None, Function | ast.ClassDef | None]:
        name, _, last = (full or "").rpartition(".")
        module = self.modules.get(name)
        return module, None if module is None else module.definitions.get(last)

    def looks(self) -> "Iterator[_Look]":
        """Look through the functions that workflows run, each once."""
        left = deque(method for name in self.workflows for method in self._methods(name))
        seen = {function.node for function in left}
        while left:
            function = left.popleft()
            look = _Look(function, self._sets_of(function.owner), self._remedies(function))
            yield look
            for full in look.references:
                for found in self._functions(full):
                    if found.node not in seen:
                        seen.add(found.node)
                        left.append(found)

    def _methods(self, name: str) -> Iterator[_Function]:
        """Give the methods of a workflow, also those of classes that it inherits from."""
        for full, found in self._lineage(name):
            if found is None or (full != name and full in self.workflows):
                continue
            module, node = found
            for each in node.body:
                if (
                    isinstance(each, Function)
                    and each.name not in module.done_once
                    and not _is_decorated(each, module, _ACTIVITIES | _QUERIES)
                ):
                    yield _Function(module, each, f"{node.name}.{each.name}", node)

    def _sets_of(self, owner: ast.ClassDef | None) -> frozenset[str]:
        if owner is None:
            return frozenset()
        if owner not in self._sets:
            self._sets[owner] = _sets_of_instances(owner)
        return self._sets[owner]

    def _functions(self, full: str) -> Iterator[_Function]:
        """Give the functions that a reference to a full name may run."""
        module, node = self._definition(full)
        if module is not None and isinstance(node, Function):
            if not _is_decorated(node, module, _ACTIVITIES):
                yield _Function(module, node, node.name)
        elif module is not None and isinstance(node, ast.ClassDef):
            if full not in self.workflows and not _is_decorated(node, module, _ACTIVITIES):
                yield from self._named(module, node, _CONSTRUCTORS)
        elif (found := self._class(full.rpartition(".")[0])) is not None:
            yield from self._named(*found, (full.rpartition(".")[2],))

    def _remedies(self, function: _Function) -> "_Remedies":
        return _Remedies(self._remedy_unawaited, lambda full: self._remedy_abandoned(function, full))

    def _remedy_abandoned(self, function: _Function, full: str) -> str | None:
        """Return what to do about a child that is left alone in a workflow whose end ends it; None if it goes on."""
        return LEFT_CHILD if self._is_child(full) and self._ends_its_children(function) else None

    def _is_child(self, full: str) -> bool:
        """Return whether a call of a full name starts a child: of a declared workflow, or one known by its name."""
        holder, _, last = full.rpartition(".")
        if last == "child" and holder in self.workflows:
            return True
        module = self.modules.get(holder)
        return module is not None and module.elsewhere.get(last, "").endswith(".ChildWorkflow")

    def _ends_its_children(self, function: _Function) -> bool:
        """Return whether the workflow that a method belongs to, and all that inherit it, end their open children."""
        owner = function.owner
        name = None if owner is None else f"{function.module.name}.{owner.name}"
        if name not in self.workflows:
            return False
        heirs = (each for each in self.workflows if any(full == name for full, _ in self._lineage(each)))
        return all(self._policy_of(each) in (None, "TERMINATE", "REQUEST_CANCEL") for each in heirs)

    def _policy_of(self, name: str) -> str | None:
        """Return what a workflow's child policy is set to; None if it is nowhere, and not left to be known."""
        for full, found in self._lineage(name):
            if found is not None and (policy := _child_policy(*found)):
                return policy
            if found is None and full not in _WORKFLOWS:
                # A class that is not looked at may set it.
                return _UNREADABLE
        return None

    def _remedy_unawaited(self, full: str) -> str | None:
        """Say what to do about a call of a full name that nobody awaits; None if that is as it should be."""
        if full in _WAITS:
            return UNAWAITED
        if self._is_child(full):
            return FORGOTTEN_CHILD
        module, node = self._definition(full)
        if module is not None and node is not None:
            return _remedy(module, node)
        holder, _, last = full.rpartition(".")
        if module is not None:
            return FORGOTTEN if last in module.elsewhere else None
        owner = self._class(holder)
        method = None if owner is None else _method(owner[1], last)
        return None if owner is None or method is None else _remedy(owner[0], method)

    @staticmethod
    def _named(module: Module, node: ast.ClassDef, names: tuple[str, ...]) -> Iterator[_Function]:
        for name in names:
            method = _method(node, name)
            if method is not None and not _is_decorated(method, module, _ACTIVITIES):
                yield _Function(module, method, f"{node.name}.{name}", node)


# What a child policy is taken for that is worked out when the program runs.
_UNREADABLE = "?"


def _bases(module: Module, node: ast.ClassDef) -> Iterator[str | None]:
    """Yield the full names of the classes that a class inherits, as far as they are known."""
    for base in node.bases:
        # Workflow[X], and other classes with parameters.
        yield full_name(base.value if isinstance(base, ast.Subscript) else base, module.names)


def _child_policy(module: Module, node: ast.ClassDef) -> str | None:
    """Return what a class sets as child_policy itself: the last of it counts."""
    for each in reversed(node.body):
        match each:
            case (
                ast.Assign(targets=[ast.Name(id="child_policy")], value=value)
                | ast.AnnAssign(target=ast.Name(id="child_policy"), value=ast.expr() as value)
            ):
                return _constant(value, module) or _UNREADABLE
    return None


def _constant(node: ast.expr, module: Module) -> str | None:
    """Return the text that an expression stands for: a literal, or a constant of ``swf.constants``."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    full = full_name(node, module.names) or ""
    return full.rpartition(".")[2] if full.startswith("swf.constants.") else None


def _remedy(module: Module, node: Function | ast.ClassDef) -> str | None:
    if _is_decorated(node, module, _ACTIVITIES):
        return FORGOTTEN
    return UNAWAITED if isinstance(node, ast.AsyncFunctionDef) else None


def _method(node: ast.ClassDef, name: str) -> Function | None:
    return next((each for each in node.body if isinstance(each, Function) and each.name == name), None)


def _is_decorated(node: Function | ast.ClassDef, module: Module, decorators: frozenset[str]) -> bool:
    return any(
        full_name(each.func if isinstance(each, ast.Call) else each, module.names) in decorators
        for each in node.decorator_list
    )


# One function


@attrs.frozen
class _Remedies:
    """What to do about a call as a statement, by its full name; None if it is as it should be.

    Attributes:
        unawaited: Of a call that nobody awaits.
        abandoned: Of a call that nobody is to await.
    """

    unawaited: Callable[[str], str | None]
    abandoned: Callable[[str], str | None]


class _Look(ast.NodeVisitor):
    """Looks through one function.

    Args:
        function: The function.
        sets: The attributes of ``self`` that are sets.
        remedies: What to do about calls as statements.

    Attributes:
        findings: The forbidden calls in it that are not let through.
        references: The full names that it refers to.
    """

    def __init__(self, function: _Function, sets: frozenset[str], remedies: _Remedies) -> None:
        self._function = function
        self._remedies = remedies
        self._module = function.module
        self._local: list[frozenset[str]] = []
        self._sets = sets
        self.findings: list[Finding] = []
        self.references: list[str] = []
        if not self._is_allowed_at(function.node):
            self.visit(function.node)

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: Function) -> None:
        if not self._local or node.name not in self._module.done_once:
            self._visit_scope(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_scope(node, [node.body])

    def _visit_scope(self, node: Scope, body: Iterable[ast.AST]) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        outer = self._sets
        self._local.append(_bound(node))
        self._sets = outer | _sets(node)
        for each in body:
            self.visit(each)
        self._sets = outer
        self._local.pop()

    # Names

    def visit_Call(self, node: ast.Call) -> None:
        full = self._full(node.func)
        if full in SIDE_EFFECTS:
            return
        if full == SEEDED:
            if not node.args and not node.keywords:
                self._find(node, "random", "random.Random()", f"Give it a seed. {CHANCE}")
        elif not self._forbid(node, full, is_called=True):
            self.visit(node.func)
            self._look_at_order(node)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self._visit_argument(node, argument)

    def visit_Expr(self, node: ast.Expr) -> None:
        call = _started(node.value)
        if isinstance(node.value, ast.Call):
            self._look_at_statement(node.value)
        elif call is not None and (remedy := self._remedy_of(call, self._remedies.abandoned)):
            self._find(call, "child", f"{_written(call)} is left alone", remedy)
        self.visit(node.value)

    def _look_at_statement(self, call: ast.Call) -> None:
        if any(map(_abandons, _without_options(call.func)[1])):
            if remedy := self._remedy_of(call, self._remedies.abandoned):
                self._find(call, "child", f"{_written(call)} is left alone", remedy)
        elif remedy := self._remedy_of(call, self._remedies.unawaited):
            self._find(call, "await", f"{_written(call)} without await", remedy)

    def _remedy_of(self, call: ast.Call, remedy: Callable[[str], str | None]) -> str | None:
        full = self._full(_without_options(call.func)[0])
        return None if full is None else remedy(full)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._refer(node) and node.attr in METHODS:
            kind, remedy = METHODS[node.attr]
            self._find(node, kind, f"{_written(node)}()", remedy)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        self._refer(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def _refer(self, node: ast.Attribute | ast.Name) -> bool:
        """Note what an expression refers to; tells whether that is forbidden."""
        full = self._full(node)
        if full is None or not isinstance(node.ctx, ast.Load):
            return False
        self.references.append(full)
        return full != SEEDED and self._forbid(node, full, is_called=False)

    def _forbid(self, node: ast.expr, full: str | None, *, is_called: bool) -> bool:
        rule = None if full is None else rule_for(full, is_called=is_called)
        if full is None or rule is None:
            return False
        name = full.removeprefix("builtins.")
        self._find(node, rule.kind, f"{name}()" if is_called else name, rule.remedy)
        return True

    def _full(self, node: ast.AST) -> str | None:
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return None
        if root.id in ("self", "cls") and self._function.owner is not None:
            return self._of_owner(node)
        if any(root.id in names for names in self._local):
            return None
        return full_name(node, self._module.names)

    def _of_owner(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and self._function.owner is not None:
            return f"{self._module.name}.{self._function.owner.name}.{node.attr}"
        return None

    # Sets

    def visit_For(self, node: ast.For) -> None:
        self._look_at_iterable(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._look_at_iterable(node.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self._look_at_iterable(node.value)
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self._look_at_iterable(node.value)
        self.generic_visit(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        # A set of a set has no order either.
        self._visit_unordered(node)

    def _visit_argument(self, call: ast.Call, node: ast.expr) -> None:
        is_any_order = isinstance(call.func, ast.Name) and call.func.id in _ANY_ORDER
        if is_any_order and isinstance(node, ast.GeneratorExp | ast.ListComp):
            self._visit_unordered(node)
        else:
            self.visit(node)

    def _visit_unordered(self, node: ast.SetComp | ast.GeneratorExp | ast.ListComp) -> None:
        for generator in node.generators:
            super().generic_visit(generator)
        self.visit(node.elt)

    def _look_at_order(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _ORDERED_BY:
            for argument in node.args:
                self._look_at_iterable(argument)
        elif isinstance(node.func, ast.Attribute):
            if node.func.attr == "join":
                for argument in node.args:
                    self._look_at_iterable(argument)
            elif node.func.attr == "pop" and not node.args:
                self._look_at_iterable(node.func.value)

    def _look_at_iterable(self, node: ast.expr) -> None:
        if _is_set(node, self._sets):
            self._find(node, "order", f"the order of the set {_written(node)}", ORDER)

    # Findings

    def _find(self, node: ast.expr, kind: str, what: str, remedy: str) -> None:
        if not self._is_allowed(node):
            told = self._function.told
            self.findings.append(Finding(self._module.path, node.lineno, node.col_offset + 1, kind, what, remedy, told))

    def _is_allowed(self, node: ast.expr) -> bool:
        last = node.end_lineno or node.lineno
        return any(line in self._module.allowed for line in range(node.lineno, last + 1))

    def _is_allowed_at(self, node: Function) -> bool:
        return any(line in self._module.allowed for line in range(node.lineno, node.body[0].lineno))


def _without_options(called: ast.expr) -> tuple[ast.expr, list[ast.keyword]]:
    """Give ``charge`` for ``charge.options(id="1")``, ``Order.child`` for ``Order.options(...).child``, and options."""
    match called:
        case ast.Call(func=ast.Attribute(value=holder, attr="options"), keywords=options):
            return holder, options
        case ast.Attribute(
            value=ast.Call(func=ast.Attribute(value=holder, attr="options"), keywords=options), attr=name
        ):
            return ast.Attribute(holder, name, ast.Load()), options
    return called, []


def _started(node: ast.expr) -> ast.Call | None:
    """Return the call in ``await Order.child().started``, of which nothing else is awaited."""
    match node:
        case ast.Await(value=ast.Attribute(value=ast.Call() as call, attr="started")):
            return call
    return None


def _abandons(option: ast.keyword) -> bool:
    return option.arg == "cancel" and isinstance(option.value, ast.Constant) and option.value.value == "abandon"


def _bound(node: Scope) -> frozenset[str]:
    """Give the names that are variables of a function; what it imports is none."""
    arguments = node.args
    names = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None}
    for each in _own(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            names.add(each.id)
        elif isinstance(each, Function | ast.ClassDef):
            names.add(each.name)
    return frozenset(names)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a function consists of, without what is in functions inside."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from _own(child)


def _sets(node: Scope) -> frozenset[str]:
    """Give the variables of a function that hold nothing but sets."""
    arguments = node.args
    annotated = {
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if argument.annotation is not None and _is_set_type(argument.annotation)
    }
    return _assigned_sets(_own(node), annotated)


def _sets_of_instances(owner: ast.ClassDef) -> frozenset[str]:
    """Give the attributes of ``self`` that hold nothing but sets."""
    return frozenset(name for name in _assigned_sets(ast.walk(owner), set()) if name.startswith("self."))


def _assigned_sets(nodes: Iterable[ast.AST], sets: set[str]) -> frozenset[str]:
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign):
            (sets if _is_set(node.value, sets) else others).update(filter(None, map(_variable, node.targets)))
        elif isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation):
            sets.update(filter(None, [_variable(node.target)]))
    return frozenset(sets - others)


def _variable(node: ast.expr) -> str | None:
    """Give what an expression is called if it is a variable, or an attribute of ``self``."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}"
    return None


def _is_set_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in _SETS


def _is_set(node: ast.expr, sets: Iterable[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name() | ast.Attribute():
            return (_variable(node) or "") in sets
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(value=holder, attr=method)):
            return method in _SET_METHODS and _is_set(holder, sets)
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, _SET_OPERATORS) and (_is_set(left, sets) or _is_set(right, sets))
    return False


def _written(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
