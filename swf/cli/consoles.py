"""What writes styled text."""

import errno
import os
import sys

from rich.console import Console


class Writer(Console):
    """A writer of lines as they stand, with colours where there is a terminal and no NO_COLOR.

    In a pipe nothing is cut, whatever COLUMNS, TERM or FORCE_COLOR say.

    Args:
        stderr: To stderr, in place of stdout.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)
        if self.room is None:
            # Of what rich lays out itself, as trees, it cuts what is wider than the width that it knows of. It has one
            # of its own for pipes, unless both are set.
            self.width, self.height = sys.maxsize, 1

    @property
    def room(self) -> int | None:
        """How wide lines may be: as wide as the terminal, or as they like where there is none."""
        return self.width if self.file.isatty() else None

    def on_broken_pipe(self) -> None:
        """Tell that the reader has gone, as other writers do; rich would end the program, with exit code 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
