"""A terminal for tests: what a person would see there, and type."""

import os
import re
import shlex
import subprocess

from tests.cli.waiting import LONG_SECONDS, wait_until


class Terminal:
    """A terminal of 100 columns and 40 rows, as a person would have it: tmux holds what stands there."""

    def __init__(self, socket, folder):
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        self._folder = folder

    def begin(self, command, environment):
        assigned = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        # The shell stays until what it has shown is read.
        line = f"env -i TERM=screen-256color {assigned} {command}; sleep 600"
        self._run("new-session", "-d", "-x", "100", "-y", "40", "-c", str(self._folder), line)

    def type(self, *keys):
        self._run("send-keys", *keys)

    def screen(self, *options):
        return self._run("capture-pane", "-p", *options)

    def wait_for(self, pattern):
        return wait_until(lambda: re.search(pattern, self.screen()), self.screen)

    def end(self):
        self._run("kill-server")

    def _run(self, *arguments):
        return subprocess.run(
            [*self._tmux, *arguments], check=True, capture_output=True, text=True, timeout=LONG_SECONDS
        ).stdout
