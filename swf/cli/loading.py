"""Actors by the names that a command line gives them: ``module``, ``module:Name``, with ``@tasklist`` behind it."""

import importlib
import inspect
import os
import pkgutil
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import attrs

import swf
from swf import settings
from swf.actors import ActivityWorker, Actor, Decider
from swf.checks import meant
from swf.cli.candidates import candidates, takes
from swf.cli.declared import actors_of, declares
from swf.exceptions import SWFError, ValidationError

_COMMANDS: dict[type[Actor[Any]], str] = {Decider: "swf decider run", ActivityWorker: "swf worker run"}


@attrs.frozen
class Given:
    """What was said of the actors that are still to be made.

    Attributes:
        domain: Their domain. None is the one of the settings.
        task_list: Their task list.
        is_own: Whether the task list was said for one name alone, behind its ``@``.
    """

    domain: str | None = None
    task_list: str | None = None
    is_own: bool = False

    @property
    def options(self) -> str:
        """What was said, as it stands on the command line."""
        task_list = f"@{self.task_list}" if self.is_own else "--task-list" if self.task_list else ""
        return " and ".join(filter(None, ["--domain" if self.domain else "", task_list]))


@attrs.frozen
class Asked:
    """A name as it was given: ``MODULE[:NAME][@TASKLIST]``.

    Attributes:
        name: The name, without a task list.
        task_list: What stands behind the first ``@``; a task list may have ``:`` and ``@`` itself.
    """

    name: str
    task_list: str | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a name with the task list that may stand behind it.

        >>> Asked.read("shop:Packer@host:17:a@b")
        Asked(name='shop:Packer', task_list='host:17:a@b')

        Raises:
            ValidationError: Nothing stands behind the ``:`` or the ``@``.
        """
        name, at, task_list = text.partition("@")
        if name.endswith(":"):
            raise ValidationError(f"{text} names nothing behind its colon. Write {name}NAME, or {name[:-1]} alone.")
        if at and not task_list:
            raise ValidationError(f"{text} names no task list behind its @. Write {name}@packing, or {name} alone.")
        return cls(name, task_list or None)

    @property
    def module(self) -> str:
        """The module's name."""
        return self.name.partition(":")[0]

    @property
    def path(self) -> str:
        """What is named in the module; empty when the module alone is named."""
        return self.name.partition(":")[2]

    def given(self, given: Given) -> Given:
        """Return what is said of the actors of this name."""
        return given if self.task_list is None else Given(given.domain, self.task_list, is_own=True)

    def __str__(self) -> str:
        return self.name if self.task_list is None else f"{self.name}@{self.task_list}"


def load(names: Sequence[str], kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    """Return the actors that are named.

    ``module`` stands for all actors among the module's variables, those of the kind; if there are none, for one for
    each task list of the workflows and activities that it declares. ``module:Name`` stands for an actor, for a class or
    a function: it is called, with a domain and a task list if it takes that. A function may give several. Modules are
    looked for in the current folder first. ``@tasklist`` behind a name is the task list of that name alone.

    Args:
        names: What is named.
        kind: What they have to be.
        given: What classes and functions are called with.

    Raises:
        ValidationError: A name does not stand for such an actor, or one task list is given to both deciders and
            workers. Its notes have the traceback of code of the user's that failed.
    """
    asked = [Asked.read(name) for name in names]
    if given.task_list is not None and all(each.task_list for each in asked):
        raise ValidationError(
            f"--task-list {given.task_list} is for names without a task list of their own, and there is none. "
            "Leave it out."
        )
    found = [(each, _named(each, kind, each.given(given))) for each in asked]
    _refuse_one_list_for_both(found, given.task_list)
    return list({id(actor): actor for _, actors in found for actor in actors}.values())


def _named(asked: Asked, kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    module = imported(asked.module)
    if not asked.path:
        return _of_module(module, kind, given)
    actors = list(_actors(asked.name, _attribute(module, asked.path, kind), kind, given))
    for actor in actors:
        _refuse_other_kind(asked, actor, kind)
    return actors


def _refuse_one_list_for_both(found: Sequence[tuple[Asked, Sequence[Actor[Any]]]], task_list: str | None) -> None:
    """Refuse one ``--task-list`` for deciders and workers: SWF keeps the tasks of the two apart, whatever their lists.

    Whoever writes both in code, or behind each name, has said it of each.
    """
    if task_list is None:
        return
    called = [(each.name, actors) for each, actors in found if each.path and each.task_list is None]
    deciders = [name for name, actors in called if _are_all(actors, Decider)]
    workers = [name for name, actors in called if _are_all(actors, ActivityWorker)]
    if deciders and workers:
        each = " ".join(f"{name}@TASKLIST" for name in (*deciders, *workers))
        raise ValidationError(
            f"--task-list {task_list} is one list for deciders ({', '.join(deciders)}) and workers "
            f"({', '.join(workers)}). In SWF decision tasks and activity tasks wait in separate lists, even where "
            f"these have one name, so to one of the two no task may ever come. Give each its own: {each}"
        )


def _are_all(actors: Sequence[Actor[Any]], kind: type[Actor[Any]]) -> bool:
    return bool(actors) and all(isinstance(actor, kind) for actor in actors)


# Modules


def imported(name: str) -> ModuleType:
    """Give a module by its name, looked for in the current folder first.

    Raises:
        ValidationError: There is none, or it cannot be imported. Its notes have the traceback of code of the user's
            that failed.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    is_file = name.endswith(".py") and Path(name).is_file()
    if is_file or not all(part.isidentifier() for part in name.split(".")):
        raise ValidationError(f"{name!r} is no name of a module. {_as_module(name)}")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise ValidationError(_missing(error.name)) from None
        raise _failed(
            f"{name} needs the module {error.name!r}, which is not there. Install it.", error, name
        ) from error
    except (Exception, SystemExit) as error:
        raise _failed(
            f"{name} cannot be imported: {_said(error)}. Mend it where the traceback says.", error, name
        ) from error


def _as_module(name: str) -> str:
    dotted = ".".join(name.removesuffix(".py").replace("\\", "/").strip("./").split("/"))
    is_path = name.endswith(".py") or "/" in name or "\\" in name
    return f"Write it as in an import, with dots: {dotted if is_path else 'shop.workers'}"


def _missing(name: str) -> str:
    parent, _, last = name.rpartition(".")
    folders = [os.getcwd()] if not parent else getattr(sys.modules.get(parent), "__path__", ())
    known = [module.name for module in pkgutil.iter_modules(folders)]
    where = f"the package {parent}" if parent else "the current folder, nor is it installed"
    return f"There is no module {last!r} in {where}. {meant(last, known)}Run the command where it is, or install it."


def _attribute(module: ModuleType, path: str, kind: type[Actor[Any]]) -> Any:
    def step(holder: Any, name: str) -> Any:
        try:
            return getattr(holder, name)
        except AttributeError:
            known = candidates(module, kind)
            hint = meant(path, [*known.names, *known.functions])
            raise ValidationError(f"The module {module.__name__} has no {path!r}. {hint}{known}") from None

    return reduce(step, path.split("."), module)


def _of_module(module: ModuleType, kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    """Return the actors among a module's variables, or else those for the workflows and activities that it declares."""
    found = [value for value in vars(module).values() if isinstance(value, kind)]
    if found:
        _refuse_given(module.__name__, given)
        return found
    declared = list(actors_of(module, kind, given.domain, given.task_list))
    if not declared:
        hint = next(filter(None, _instead(module, kind)))
        raise ValidationError(f"The module {module.__name__} has no {kind.__name__} among its variables. {hint}")
    return declared


def _instead(module: ModuleType, kind: type[Actor[Any]]) -> Iterator[str]:
    """Yield hints for a module without actors of a kind, the best first; those that do not apply are empty."""
    name, known = module.__name__, candidates(module, kind)
    yield _either("Name what it defines", (f"{name}:{each}" for each in known.names))
    yield _either("What it has runs with", _for_other_commands(module, kind))
    yield _either("Name a function of it, if that gives some", (f"{name}:{each}" for each in known.functions))
    yield _either("Name another module. In it are", (f"{name}.{each}" for each in _submodules(module)))
    yield "Name another module."


def _either(said: str, names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"{said}: {listed}" if listed else ""


def _for_other_commands(module: ModuleType, kind: type[Actor[Any]]) -> Iterator[str]:
    """Return the commands for what a module has of other kinds."""
    for other, command in _COMMANDS.items():
        if issubclass(other, kind):
            continue
        names = candidates(module, other).names
        is_enough = declares(module, other) or any(isinstance(value, other) for value in vars(module).values())
        if is_enough or names:
            yield f"{command} {module.__name__}" + ("" if is_enough else f":{names[0]}")


def _submodules(module: ModuleType) -> list[str]:
    return [each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ()))]


# What modules hold


def _actors(name: str, named: Any, kind: type[Actor[Any]], given: Given) -> Iterator[Actor[Any]]:
    if isinstance(named, Actor):
        _refuse_given(name, given)
        yield named
    elif _is_actor_class(named) or inspect.isfunction(named):
        yield from _given_by(name, _call(name, named, given))
    else:
        raise ValidationError(f"{name} is {_shown(named)}, and no actor. {_in_place_of(name, named, kind)}")


def _in_place_of(name: str, named: Any, kind: type[Actor[Any]]) -> str:
    """Return the hint for something that is no actor."""
    if not hasattr(named, "registration"):
        what = {Decider: "a Decider", ActivityWorker: "an ActivityWorker"}.get(kind, "a Decider or an ActivityWorker")
        return f"Name {what}, a class of such, or a function that gives some."
    # It is declared for durable workflows. Workflows are classes.
    other = Decider if isinstance(named, type) else ActivityWorker
    module = name.partition(":")[0]
    if issubclass(other, kind):
        return f"Name its module: {module}. Its workflows and activities are run together."
    return f"Name its module, to another command: {_COMMANDS[other]} {module}"


def _is_actor_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Actor)


def _given_by(name: str, value: Any) -> Iterator[Actor[Any]]:
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    for actor in several:
        if not isinstance(actor, Actor):
            raise ValidationError(f"{name} gave {_shown(actor)}, and no actor. Have it return one, or several.")
        yield actor


def _call(name: str, make: Callable[..., Any], given: Given) -> Any:
    """Call what makes actors: with nothing if that will do, else with a domain and a task list."""
    if takes(make):
        _refuse_given(name, given)
        return _called(name, make)
    if not takes(make, "domain", "task_list"):
        raise ValidationError(
            f"{name} takes {inspect.signature(make)}. Name a function that takes nothing, or a domain and a task list, "
            "and gives an actor."
        )
    domain = given.domain or settings.get("domain")
    if domain is None:
        raise ValidationError(
            f"{name} needs a domain. Give it: --domain NAME, or set SWF_DOMAIN, or domain under [defaults] in ~/.swf."
        )
    if given.task_list is None:
        raise ValidationError(f"{name} needs a task list. Give it: {name}@TASKLIST, or --task-list TASKLIST")
    return _called(name, make, domain, given.task_list)


def _called(name: str, make: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except SWFError:
        raise
    except Exception as error:
        called = ", ".join(map(repr, arguments))
        raise _failed(
            f"{name} failed when it was called with ({called}): {_said(error)}.", error, name.partition(":")[0]
        ) from error


def _refuse_given(name: str, given: Given) -> None:
    if given.options:
        raise ValidationError(
            f"{name} says itself which domain and task list it is for, so {given.options} cannot change that. "
            "Leave it out, or name a class."
        )


def _refuse_other_kind(asked: Asked, actor: Actor[Any], kind: type[Actor[Any]]) -> None:
    if not isinstance(actor, kind):
        command = next((command for other, command in _COMMANDS.items() if isinstance(actor, other)), "swf run")
        raise ValidationError(f"{asked.name} is no {kind.__name__}, but {actor!r}. Run it with: {command} {asked}")


# Words


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _said(error: BaseException) -> str:
    """Give the last line of a traceback, without its full stop."""
    return traceback.format_exception_only(error)[-1].strip().rstrip(".")


# Tracebacks


def _failed(sentence: str, error: BaseException, module: str) -> ValidationError:
    failed = ValidationError(sentence)
    failed.add_note(shortened(error, module.partition(".")[0]))
    return failed


def shortened(error: BaseException, package: str) -> str:
    """Give a traceback with the frames of a package, and of what else belongs to its user, only."""
    told = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = told
    while part is not None:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if _is_own(frame.filename, package)]
        )
        part = part.__cause__ or part.__context__
    return "".join(told.format()).rstrip()


def _is_own(filename: str, package: str) -> bool:
    path = Path(filename)
    # Between angle brackets stands what is in no file: importlib, and what is made as it runs.
    if filename.startswith("<") or path.is_relative_to(Path(swf.__file__).parent):
        return False
    site = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    for folder in site:
        if path.is_relative_to(folder):
            return path.relative_to(folder).parts[0].removesuffix(".py") == package
    return not path.is_relative_to(sysconfig.get_path("stdlib"))
