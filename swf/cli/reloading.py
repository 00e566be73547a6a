"""A program that is started again when its code changes: for development."""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from swf.actors.exits import ending
from swf.actors.supervisor import Child, Order, end, heard_signals
from swf.cli.loading import Asked

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5

# Other people's code, and what Python makes of it.
_PASSED_OVER = ("__pycache__", "site-packages", "node_modules")


def run_reloading(command: Sequence[str], folders: Sequence[Path]) -> int:
    """Run a program until SIGINT or SIGTERM comes, and start it again whenever a Python file changes.

    A program that ends by itself, because of a slip in the code say, is started with the next change.

    Args:
        command: What it runs: a program that makes a `swf.actors.supervisor.Supervised`.
        folders: The files in and below these are looked at; a path may also be a file.

    Returns:
        The exit code: 0.
    """
    with heard_signals() as heard:
        while not heard:
            seen = changes(folders)
            child = Child(command)
            try:
                changed = _next_change(child, seen, folders, heard)
                if changed is not None:
                    _log.info("%s has changed: starting again", os.path.relpath(changed))
                _stop(child, heard)
            finally:
                end(child)
    return 0


def _next_change(child: Child, seen: Mapping[Path, int], folders: Sequence[Path], heard: list[int]) -> Path | None:
    """Wait for a file to change, and give it; None when a signal came."""
    was_alive = True
    while not heard:
        time.sleep(_LOOK_SECONDS)
        if was_alive and not child.is_alive:
            was_alive = False
            _log.warning("The program %s. It is started again when a file changes.", ending(child.exit_code or 0))
        changed = difference(seen, changes(folders))
        if changed is not None:
            return changed
    return None


def _stop(child: Child, heard: list[int]) -> None:
    child.tell(Order.STOP)
    while child.is_alive and len(heard) < 2:
        time.sleep(0.05)


def folders_of(names: Iterable[str]) -> list[Path]:
    """Give the folders to look at: the current one, and those of packages elsewhere that are named."""
    found = [Path.cwd()]
    for module in [Asked.read(name).module for name in names]:
        try:
            spec = find_spec(module.partition(".")[0])
        except (ImportError, ValueError):
            continue
        if spec is not None:
            found += map(Path, spec.submodule_search_locations or filter(None, [spec.origin]))
    return [path for path in found if path == found[0] or not path.is_relative_to(found[0])]


def changes(folders: Iterable[Path]) -> dict[Path, int]:
    """Give when each Python file in and below folders was changed last."""
    return {path: changed for folder in folders for path in _files(folder) if (changed := _changed(path)) is not None}


def difference(before: Mapping[Path, int], after: Mapping[Path, int]) -> Path | None:
    """Give a file that is new, gone or changed; None when there is none.

    >>> shop, bakery = Path("shop.py"), Path("bakery.py")
    >>> difference({shop: 1, bakery: 1}, {shop: 1, bakery: 2}).name
    'bakery.py'
    """
    return next((path for path in sorted({*before, *after}) if before.get(path) != after.get(path)), None)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
    for parent, below, files in os.walk(folder):
        below[:] = [name for name in below if not _is_passed_over(Path(parent, name))]
        yield from (Path(parent, name) for name in files if name.endswith(".py"))


def _is_passed_over(folder: Path) -> bool:
    is_environment = (folder / "pyvenv.cfg").exists()
    return folder.name.startswith(".") or folder.name in _PASSED_OVER or is_environment


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
