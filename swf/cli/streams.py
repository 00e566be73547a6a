"""stdin, stdout and stderr as a program may find them: closed, in another encoding, or left by whoever read them."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


def make_ready() -> None:
    """Put nothing in place of streams that are closed, and have what stdout cannot encode written as escapes.

    What is opened later would else take the number of a closed one, and be written to as if it were stdout.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the program ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def while_read(stream: TextIO) -> Iterator[None]:
    """Write to a stream; when whoever read it has gone, what is written to it from then on is discarded.

    For what is told on the way to something else: a reader that has gone, as ``head`` does, keeps nothing from being
    done, and changes no exit code.
    """
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        discard(stream)


def discard(stream: TextIO) -> None:
    """Have nobody read a stream; Python writes what is left of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
