"""Actors by the names that a command line gives them: ``module`` or ``module:Name``."""

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
from typing import Any

import attrs

import swf
from swf import settings
from swf.actors import ActivityWorker, Actor, Decider
from swf.checks import meant
from swf.cli.declared import actors_of
from swf.exceptions import SWFError, ValidationError

_COMMANDS: dict[type[Actor[Any]], str] = {Decider: "swf decider run", ActivityWorker: "swf worker run"}


@attrs.frozen
class Given:
    """What was said of the actors that are still to be made.

    Attributes:
        domain: Their domain. None is the one of the settings.
        task_list: Their task list.
    """

    domain: str | None = None
    task_list: str | None = None

    @property
    def options(self) -> str:
        """What was said, as options."""
        return " and ".join(f"--{name.replace('_', '-')}" for name, value in attrs.asdict(self).items() if value)


def load(names: Sequence[str], kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    """Give the actors that are named.

    ``module`` stands for all actors among the module's variables, those of the kind; if there are none, for one for
    each task list of the workflows and activities that it declares. ``module:Name`` stands for an actor, for a class or
    a function: it is called, with a domain and a task list if it takes that. A function may give several. Modules are
    looked for in the current folder first.

    Args:
        names: What is named.
        kind: What they have to be.
        given: What classes and functions are called with.

    Raises:
        ValidationError: A name does not stand for such an actor. Its notes have the traceback of code of the user's
            that failed.
    """
    found = [actor for name in names for actor in _named(name, kind, given)]
    return list({id(actor): actor for actor in found}.values())


def _named(name: str, kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    module_name, colon, path = name.partition(":")
    module = imported(module_name)
    if not colon:
        return _of_module(module, kind, given)
    actors = list(_actors(name, _attribute(module, path), given))
    for actor in actors:
        _refuse_other_kind(name, actor, kind)
    return actors


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


def _attribute(module: ModuleType, path: str) -> Any:
    def step(holder: Any, name: str) -> Any:
        try:
            return getattr(holder, name)
        except AttributeError:
            known = [known for known, value in vars(module).items() if _may_give_actors(value, module)]
            has = f"It has: {', '.join(known)}." if known else "Nor has it any other actor."
            raise ValidationError(f"The module {module.__name__} has no {path!r}. {meant(path, known)}{has}") from None

    return reduce(step, path.split("."), module)


def _may_give_actors(value: Any, module: ModuleType) -> bool:
    if isinstance(value, Actor):
        return True
    is_own = getattr(value, "__module__", None) == module.__name__
    return is_own and (_is_actor_class(value) or (inspect.isfunction(value) and _takes(inspect.signature(value))))


def _of_module(module: ModuleType, kind: type[Actor[Any]], given: Given) -> list[Actor[Any]]:
    """Give the actors among a module's variables, or else those for the workflows and activities that it declares."""
    found = [value for value in vars(module).values() if isinstance(value, kind)]
    if found:
        _refuse_given(module.__name__, given)
        return found
    declared = [actor for actor in actors_of(module, given.domain, given.task_list) if isinstance(actor, kind)]
    if not declared:
        classes = [name for name, value in vars(module).items() if _is_actor_class(value) and issubclass(value, kind)]
        hint = f"Name a class of it: {module.__name__}:{classes[0]}" if classes else _other_module(module)
        raise ValidationError(f"The module {module.__name__} has no {kind.__name__} among its variables. {hint}")
    return declared


def _other_module(module: ModuleType) -> str:
    inner = [f"{module.__name__}.{each.name}" for each in pkgutil.iter_modules(getattr(module, "__path__", ()))]
    return f"Name another module. In it are: {', '.join(inner)}." if inner else "Name another module."


# What modules hold


def _actors(name: str, named: Any, given: Given) -> Iterator[Actor[Any]]:
    if isinstance(named, Actor):
        _refuse_given(name, given)
        yield named
    elif _is_actor_class(named) or inspect.isfunction(named):
        yield from _given_by(name, _call(name, named, given))
    else:
        # What is declared for durable workflows: workflows and activities.
        hint = (
            f"Name its module: {name.partition(':')[0]}. Its workflows and activities are run together."
            if hasattr(named, "registration")
            else "Name a Decider or an ActivityWorker, a class of such, or a function that gives some."
        )
        raise ValidationError(f"{name} is {_shown(named)}, and no actor. {hint}")


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
    signature = inspect.signature(make)
    if _takes(signature):
        _refuse_given(name, given)
        return _called(name, make)
    if not _takes(signature, "domain", "task_list"):
        raise ValidationError(
            f"{name} takes {signature}. Name a function that takes nothing, or a domain and a task list, and gives an "
            "actor."
        )
    domain = given.domain or settings.get("domain")
    if domain is None:
        raise ValidationError(
            f"{name} needs a domain. Give it: --domain NAME, or set SWF_DOMAIN, or domain under [defaults] in ~/.swf."
        )
    if given.task_list is None:
        raise ValidationError(f"{name} needs a task list. Give it: --task-list NAME")
    return _called(name, make, domain, given.task_list)


def _takes(signature: inspect.Signature, *arguments: Any) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


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


def _refuse_other_kind(name: str, actor: Actor[Any], kind: type[Actor[Any]]) -> None:
    if not isinstance(actor, kind):
        command = next((command for other, command in _COMMANDS.items() if isinstance(actor, other)), "swf run")
        raise ValidationError(f"{name} is no {kind.__name__}, but {actor!r}. Run it with: {command} {name}")


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
