"""What a benchmark is, and how one is measured."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

Work = Callable[[], Any]


@attrs.frozen
class Pair:
    """One run of both sides, each in the unit of its benchmark; mostly the seconds that it took.

    Attributes:
        remark: What else was seen.
    """

    ours: float
    theirs: float = 0
    remark: str = ""


Sample = Callable[[], Pair]


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms"


def _megabytes(megabytes: float) -> str:
    return f"{megabytes:,.0f} MB"


def _kilobytes(kilobytes: float) -> str:
    return f"{kilobytes:,.1f} kB"


def _percent(percent: float) -> str:
    return f"{percent:.1f} %"


@attrs.frozen
class Figure:
    """What is told of a pair, and how it is held against a target.

    Attributes:
        shown: How a figure is written.
        bound: What a target is: ``at most`` or ``at least``.
        side: How one side of a pair is written.
    """

    of: Callable[[Pair], float]
    shown: str
    bound: str = "at most"
    side: Callable[[float], str] = _milliseconds

    def holds(self, figure: float, target: float) -> bool:
        """Tell whether a figure, the first, meets a target."""
        return figure <= target if self.bound == "at most" else figure >= target


RATIO = Figure(lambda pair: pair.ours / pair.theirs, "{:.2f} of the time")
RATE = Figure(lambda pair: pair.theirs / pair.ours, "{:.1f} times the rate", "at least")
ON_TOP = Figure(lambda pair: 1000 * (pair.ours - pair.theirs), "{:.0f} ms on top")
TIME = Figure(lambda pair: 1000 * pair.ours, "{:.1f} ms")
MEMORY = Figure(lambda pair: pair.ours, "{:.0f} MB", side=_megabytes)
SIZE = Figure(lambda pair: pair.ours, "{:.1f} kB", side=_kilobytes)
CORE = Figure(lambda pair: pair.ours, "{:.1f} % of a core", side=_percent)
GROWTH = Figure(lambda pair: pair.ours / pair.theirs, "{:.2f} of the size", side=_megabytes)


@attrs.frozen
class Benchmark:
    """Two pieces of work, and what they are to be to each other.

    Attributes:
        target: What the figure may be at most, or has to be at least.
        prepare: Makes what both need, and gives what takes one sample of them.
        against: Empty when there is nothing beside it.
        runs: How many samples at most.
        begins_cold: Each sample begins with new processes or engines, so the first one counts too.
        is_slow: Whether it takes long, and is run when it is named only.
    """

    what: str
    against: str
    target: float
    prepare: Callable[[], Iterator[Sample]]
    figure: Figure = RATIO
    runs: int = 100
    begins_cold: bool = False
    is_slow: bool = False


def seconds(work: Work) -> float:
    """Do some work, and tell how long it took."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def both(ours: Work, theirs: Work) -> Sample:
    """Take the seconds of two pieces of work, one after the other."""
    return lambda: Pair(seconds(ours), seconds(theirs))


def measure(benchmark: Benchmark, runs: int) -> Pair:
    """Take several samples, and give the one whose figure is in the middle."""
    with contextmanager(benchmark.prepare)() as sample:
        if not benchmark.begins_cold:
            sample()
        pairs = [sample() for _ in range(min(runs, benchmark.runs))]
    return sorted(pairs, key=benchmark.figure.of)[len(pairs) // 2]
