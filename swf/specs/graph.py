"""Which task waits for which: pure functions of the dependencies."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import attrs

# More cycles than these are not looked for.
MOST_CYCLES = 10


@attrs.frozen(slots=False)
class Graph:
    """What each task depends on, by task id.

    >>> graph = Graph({"fetch": (), "left": ("fetch",), "right": ("fetch",), "join": ("left", "right")})
    >>> graph.layers
    (('fetch',), ('left', 'right'), ('join',))
    >>> graph.dependents["fetch"]
    ('left', 'right')

    Attributes:
        dependencies: By task id, the ids of the tasks that it waits for, all of them known.
    """

    dependencies: Mapping[str, Sequence[str]]

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """By task id, the ids of the tasks that wait for it."""
        found: dict[str, list[str]] = {id: [] for id in self.dependencies}
        for id, needed in self.dependencies.items():
            for each in needed:
                found[each].append(id)
        return {id: tuple(ids) for id, ids in found.items()}

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """Tasks in groups: each waits for tasks of earlier groups only. What waits for itself is in none."""
        return tuple(self._layers(frozenset()))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The tasks, each after those that it waits for. What waits for itself is left out."""
        return tuple(id for layer in self.layers for id in layer)

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Tasks that wait for each other, ten such groups at most; each for the one after it, the last for the first.

        >>> Graph({"a": ("b",), "b": ("a",), "c": ("a",)}).cycles
        (('a', 'b'),)
        """
        found: list[tuple[str, ...]] = []
        solved: frozenset[str] = frozenset()
        while len(found) < MOST_CYCLES:
            left = self._left(solved)
            if not left:
                break
            found.append(self._cycle(left))
            solved |= frozenset(found[-1])
        return tuple(found)

    @cached_property
    def unreachable(self) -> tuple[str, ...]:
        """Tasks that wait for a cycle, and are in none themselves: they would never run."""
        in_cycles = {id for cycle in self.cycles for id in cycle}
        return tuple(id for id in self._left(frozenset()) if id not in in_cycles)

    def waits_for(self, id: str, other: str) -> bool:
        """Tell whether a task waits for another, be it by way of others."""
        return bool(self._ancestors[id] >> self._numbers[other] & 1)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {id: number for number, id in enumerate(self.dependencies)}

    @cached_property
    def _ancestors(self) -> Mapping[str, int]:
        """By task, all that it waits for, as the bits of a number."""
        found: dict[str, int] = dict.fromkeys(self.dependencies, 0)
        for id in self.order:
            for each in self.dependencies[id]:
                found[id] |= found[each] | 1 << self._numbers[each]
        return found

    def _layers(self, solved: frozenset[str]) -> Iterator[tuple[str, ...]]:
        """Give the groups of tasks, with some of them taken as done before the first."""
        missing = {id: sum(each not in solved for each in needed) for id, needed in self.dependencies.items()}
        layer = [id for id, count in missing.items() if not count and id not in solved]
        while layer:
            yield tuple(layer)
            following: list[str] = []
            for dependent in (each for id in layer for each in self.dependents[id]):
                missing[dependent] -= 1
                if not missing[dependent] and dependent not in solved:
                    following.append(dependent)
            layer = following

    def _left(self, solved: frozenset[str]) -> list[str]:
        done = {id for layer in self._layers(solved) for id in layer} | solved
        return [id for id in self.dependencies if id not in done]

    def _cycle(self, left: Sequence[str]) -> tuple[str, ...]:
        """Give a cycle among tasks each of which waits for another of them."""
        among = frozenset(left)
        path: dict[str, None] = {}
        id = left[0]
        while id not in path:
            path[id] = None
            id = next(each for each in self.dependencies[id] if each in among)
        steps = list(path)
        return tuple(steps[steps.index(id) :])
