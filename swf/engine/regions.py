"""One engine for each region: the same names in two regions are two worlds."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable

import attrs

from swf.engine.clock import Clock
from swf.engine.operations import OPERATIONS
from swf.engine.protocol import Answer, Fault, invalid
from swf.engine.service import Engine
from swf.engine.store import StrPath
from swf.exceptions import EngineError, ValidationError

# More than AWS has; each costs a thread and a database, and anybody's requests may name one.
MOST_REGIONS = 50
# What a domain gets that is registered for you.
RETENTION_DAYS = "30"

_REGION = re.compile("[a-z0-9-]{1,40}")

UNKNOWN_OPERATION = "UnknownOperation"


@attrs.define
class World:
    """A region's engine, and what it was asked.

    Attributes:
        requests: How often each operation was asked for.
        faults: How often each was refused, by the fault's name.
    """

    engine: Engine
    requests: Counter[str] = attrs.field(factory=Counter)
    faults: dict[str, Counter[str]] = attrs.field(factory=dict)

    def count(self, target: str, answer: Answer) -> None:
        """Count a request that was answered."""
        asked = target.rpartition(".")[2]
        name = asked if asked in OPERATIONS else UNKNOWN_OPERATION
        self.requests[name] += 1
        if answer.fault is not None:
            self.faults.setdefault(name, Counter())[answer.fault] += 1

    def reset(self) -> None:
        """Empty the engine and begin to count anew."""
        self.engine.reset()
        self.requests.clear()
        self.faults.clear()


class Regions:
    """The engines of a server; one is opened when its region is first asked for.

    Args:
        open_engine: Gives the engine of a region.
        default: The region of requests that name none.
    """

    def __init__(self, open_engine: Callable[[str], Engine], default: str = "us-east-1") -> None:
        self._open_engine = open_engine
        self._default = default
        self._worlds: dict[str, World] = {}

    def world(self, region: str | None = None) -> World:
        """Give what a region holds.

        Raises:
            EngineError: Its database cannot be used.
            Fault: It is no name for a region, or so many were named that it must be a mistake.
        """
        name = region or self._default
        if not is_region(name):
            raise invalid(f"{name!r} is no region. One is named like us-east-1.")
        if name not in self._worlds:
            if len(self._worlds) >= MOST_REGIONS:
                raise Fault(
                    "LimitExceededFault", f"This server holds {MOST_REGIONS} regions, and {name} is none of them."
                )
            self._worlds[name] = World(self._open_engine(name))
        return self._worlds[name]

    def end_polls(self) -> None:
        """End the polls of all regions; each answers that there is no task."""
        for world in self._worlds.values():
            world.engine.end_polls()

    def close(self) -> None:
        """Close all engines."""
        for world in self._worlds.values():
            world.engine.close()


def open_regions(
    path: StrPath | None = None,
    *,
    default: str = "us-east-1",
    clock: Callable[[], Clock | None] = lambda: None,
    domains: Iterable[str] = (),
    poll_wait_seconds: float = 60,
) -> Regions:
    """Give the engines of a server, that of the default region opened.

    Args:
        path: The file of the default region; another region's has its name behind a dot. None keeps all in memory.
        default: The region of requests that name none.
        clock: Makes the clock of each engine.
        domains: Registered in each region where they are missing.
        poll_wait_seconds: How long a poll waits for a task.

    Raises:
        EngineError: The file cannot be used.
        ValidationError: A domain or a region cannot have such a name.
    """
    if not is_region(default):
        raise ValidationError(f"{default!r} is no region. Give one that is named like us-east-1.")
    names = list(domains)

    def open_engine(region: str) -> Engine:
        file = path if path is None or region == default else f"{path}.{region}"
        engine = Engine(file, clock=clock(), region=region, poll_wait_seconds=poll_wait_seconds)
        try:
            for name in names:
                register_domain(engine, name)
        except BaseException:
            engine.close()
            raise
        return engine

    regions = Regions(open_engine, default)
    regions.world()
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
