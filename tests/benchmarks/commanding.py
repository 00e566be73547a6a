"""How soon a command answers that asks nobody, beside a Python that does nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import Sample, Work, both

PROGRAM = Path(sys.executable).with_name("swf")


def version() -> Iterator[Sample]:
    """``swf --version``."""
    yield from _beside_nothing("--version")


def help() -> Iterator[Sample]:
    """``swf --help``."""
    yield from _beside_nothing("--help")


def _beside_nothing(option: str) -> Iterator[Sample]:
    with tempfile.TemporaryDirectory() as compiled:
        # As it is after an installation: what is compiled once is not compiled again.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled

        def run(*command: str | Path) -> Work:
            return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

        yield both(run(PROGRAM, option), run(sys.executable, "-c", "pass"))
