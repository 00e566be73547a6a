"""The command line: thin sentences over the library.

- `domains`, `types`, `executions`, `tasks`: what SWF holds, and what can be done with it. `filters`: which executions.
  `batch`: many at once. `history`, `trace`, `describing`: what happened to one.
- `syncing`: what ought to be registered, held against what is. `sources`: where that is said. `plans`: what becomes of
  it.
- `shell`, `doctor`, `completion`: a Python shell; what is in the way; what the Tab key gives.
- `demo`: see executions run to their end.
- `server`: an SWF of your own, over HTTP.
- `specs`: workflows from documents. `workflows`: whether those in Python do the same on each replay.
- `actors`: deciders and workers in the foreground. `running`: how. `loading`: by which names. `reloading`: again when
  code changes.
- `options`: what several commands have. `payloads`: JSON as an argument, or from a file. `output`: tables and JSON on
  stdout. `log_lines`: log records on stderr. `streams`, `consoles`: stdout and stderr themselves, and styled text.
- `program`: all of them, and how they end. `remedies`: errors in its words. `exit_codes`: what they tell scripts.
- `overview`: what ``swf --help`` prints. `groups`: commands that are imported when they are called, and help with all
  of their sentences.

Results go to stdout, everything else to stderr. A command holds no rule of its own. Here nothing but the standard
library is imported, so that the version and the help come at once.
"""

import errno
import os
import sys
from collections.abc import Sequence

from swf import __version__
from swf.cli.overview import Named, overview
from swf.cli.streams import discard, make_ready, while_read

COMMANDS = {
    "domains": Named("swf.cli.domains", "domains", "Domains: what types and executions live in."),
    "types": Named("swf.cli.types", "types", "Workflow types and activity types."),
    "executions": Named("swf.cli.executions", "executions", "Workflow executions: what runs, and what has run."),
    "tasks": Named("swf.cli.tasks", "tasks", "Tasks: how many wait, and answers to them."),
    "diff": Named("swf.cli.syncing", "diff", "Compare what is declared with what is registered."),
    "sync": Named("swf.cli.syncing", "sync", "Register what is declared: show the plan, ask, and carry it out."),
    "manifest": Named("swf.cli.syncing", "manifest", "Manifests: what ought to be registered."),
    "specs": Named("swf.cli.specs", "specs", "Workflows from documents: JSON or YAML."),
    "decider": Named("swf.cli.actors", "decider", "Deciders: what takes decision tasks."),
    "worker": Named("swf.cli.actors", "worker", "Activity workers: what takes activity tasks."),
    "run": Named("swf.cli.actors", "run", "Run deciders and workers together until SIGINT or SIGTERM comes."),
    "lint": Named("swf.cli.workflows", "lint", "Find calls in workflows that would differ on each replay."),
    "replay": Named("swf.cli.workflows", "replay", "Replay histories against workflows as they are now."),
    "server": Named("swf.cli.server", "server", "Serve an SWF of your own over HTTP."),
    "demo": Named("swf.cli.demo", "demo", "See workflow executions run to their end, on an SWF of your own."),
    "shell": Named("swf.cli.shell", "shell", "Open a Python shell with models, querysets and the domain at hand."),
    "doctor": Named("swf.cli.doctor", "doctor", "Tell which settings hold, and what is in the way."),
    "completion": Named("swf.cli.completion", "completion", "Print what makes the Tab key complete, for a shell."),
}


# Nothing but stdout is written without an error of its own.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code; an error of ours is told in a sentence, without a traceback.

    Args:
        arguments: What stands behind ``swf``. Left out, what this process was started with.
    """
    make_ready()
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        with while_read(sys.stdout):
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read this has gone, as head does: it had what it wanted.
        discard(sys.stdout)
        return 0
    except OSError as error:
        return _unusable(error)
    return code


def _is_removed() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _unusable(error: OSError) -> int:
    """Tell what of its surroundings the program cannot use, and give its exit code; any other error is raised again."""
    if error.errno in _NO_ROOM:
        discard(sys.stdout)
        print(f"Error: stdout cannot be written: {error.strerror}. Make room there.", file=sys.stderr)
        return 1
    if isinstance(error, FileNotFoundError) and _is_removed():
        print("Error: The current folder has been removed. Go to another one.", file=sys.stderr)
        return 1
    raise error


def _run(arguments: list[str]) -> int:
    match arguments:
        case ["--version"]:
            print(f"swf, version {__version__}")
        case ["--help" | "-h"]:
            print(overview(COMMANDS))
        case _:
            from swf.cli.program import run

            return run(arguments)
    return 0
