"""An SWF behind a socket."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from swf.engine import Engine, Limits
from swf.engine.regions import open_regions
from swf.engine.server import Server


@contextmanager
def served(path: Path | None = None, limits: Limits | str = "off", port: int = 0) -> Iterator[tuple[str, Engine]]:
    """Give the URL of a server, and its engine."""
    regions = open_regions(path, poll_wait_seconds=0.5, limits=limits)
    with closing(regions), Server(regions, port=port) as server:
        yield server.url, regions.engine()
