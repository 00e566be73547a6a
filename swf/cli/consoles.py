"""What writes styled text."""

import errno
import os

from rich.console import Console


class Writer(Console):
    """Writes lines as they stand, with colours where there is a terminal and no NO_COLOR.

    Args:
        stderr: To stderr, in place of stdout.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Tell that the reader has gone, as other writers do; rich would end the program, with exit code 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
