"""One engine for each region: the same names in two regions are two worlds."""

import json
import re
from collections.abc import Callable, Iterable

from swf.constants import LARGEST_PAGE
from swf.engine.clock import Clock
from swf.engine.limits import Limits, Mode
from swf.engine.protocol import Fault, invalid
from swf.engine.service import Engine
from swf.engine.store import MEMORY, StrPath
from swf.exceptions import EngineError, ValidationError

# More than AWS has; each costs a thread and a database, and anybody's requests may name one.
MOST_REGIONS = 50
# What a domain gets that is registered for you.
RETENTION_DAYS = "30"

_REGION = re.compile("[a-z0-9-]{1,40}")


class Regions:
    """The engines of a server; one is opened when its region is first asked for.

    Args:
        open_engine: Gives the engine of a region.
        default: The region of requests that name none.
    """

    def __init__(self, open_engine: Callable[[str], Engine], default: str = "us-east-1") -> None:
        self._open_engine = open_engine
        self._default = default
        self._engines: dict[str, Engine] = {}

    def engine(self, region: str | None = None) -> Engine:
        """Give the engine of a region.

        Raises:
            EngineError: Its database cannot be used.
            Fault: It is no name for a region, or so many were named that it must be a mistake.
        """
        name = region or self._default
        if not is_region(name):
            raise invalid(f"{name!r} is no region. One is named like us-east-1.")
        if name not in self._engines:
            if len(self._engines) >= MOST_REGIONS:
                raise Fault(
                    "LimitExceededFault", f"This server holds {MOST_REGIONS} regions, and {name} is none of them."
                )
            self._engines[name] = self._open_engine(name)
        return self._engines[name]

    def opened(self) -> dict[str, Engine]:
        """Give the engines that were opened, by their regions."""
        return dict(self._engines)

    def end_polls(self) -> None:
        """End the polls of all regions; each answers that there is no task."""
        for engine in self._engines.values():
            engine.end_polls()

    def close(self) -> None:
        """Close all engines."""
        for engine in self._engines.values():
            engine.close()


def open_regions(
    path: StrPath | None = None,
    *,
    default: str = "us-east-1",
    clock: Callable[[], Clock | None] = lambda: None,
    domains: Iterable[str] = (),
    limits: Mode | Limits = "off",
    poll_wait_seconds: float = 60,
    empty_task_token: bool = True,
    largest_page: int = LARGEST_PAGE,
) -> Regions:
    """Give the engines of a server, that of the default region opened.

    Args:
        path: The file of the default region; another region's has its name behind a dot. None keeps all in memory.
        default: The region of requests that name none.
        clock: Makes the clock of each engine.
        domains: Registered in each region where they are missing.
        limits: What each engine refuses because there is too much of it.
        poll_wait_seconds: How long a poll waits for a task.
        empty_task_token: Whether a poll that found no task answers with a ``taskToken`` that is empty, or with none.
        largest_page: How many items a page has at most, whatever was asked for.

    Raises:
        EngineError: The file cannot be used.
        ValidationError: A domain or a region cannot have such a name, or there are no such limits or pages.
    """
    if not is_region(default):
        raise ValidationError(f"{default!r} is no region. Give one that is named like us-east-1.")
    names = list(domains)

    def open_engine(region: str) -> Engine:
        file = path if path in (None, MEMORY) or region == default else f"{path}.{region}"
        engine = Engine(
            file,
            clock=clock(),
            limits=limits,
            poll_wait_seconds=poll_wait_seconds,
            region=region,
            empty_task_token=empty_task_token,
            largest_page=largest_page,
        )
        try:
            for name in names:
                register_domain(engine, name)
        except BaseException:
            engine.close()
            raise
        return engine

    regions = Regions(open_engine, default)
    regions.engine()
    return regions


def is_region(name: str) -> bool:
    """Tell whether a region can have this name; it becomes a part of a file's."""
    return _REGION.fullmatch(name) is not None


def register_domain(engine: Engine, name: str) -> None:
    """Register a domain, if it is not there yet."""
    request = {"name": name, "workflowExecutionRetentionPeriodInDays": RETENTION_DAYS}
    answer = engine.handle("SimpleWorkflowService.RegisterDomain", json.dumps(request).encode())
    if answer.status == 500:
        raise EngineError(f"The domain {name!r} could not be registered. The log says why.")
    if answer.fault not in (None, "DomainAlreadyExistsFault"):
        raise ValidationError(f"No domain can be named {name!r}: {json.loads(answer.body)['message']}.")
