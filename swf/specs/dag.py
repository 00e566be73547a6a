"""Workflows whose tasks wait for each other's ends: the type ``dag``."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import attrs

from swf.checks import meant
from swf.exceptions import SpecError, SpecInputError, ValidationError
from swf.models.decision import Decision
from swf.models.history import History
from swf.shapes import ExecutionId, Text
from swf.specs import conditions, inputs, news, tasks
from swf.specs.base import UNNAMED, Problem, Spec
from swf.specs.deciding import decisions_of, opening
from swf.specs.graph import Graph
from swf.specs.inputs import Constant, Input, NoInput, Place
from swf.specs.parts import RESERVED, items_of, seconds_of
from swf.specs.paths import NOTHING, ROOT, compiled
from swf.specs.progress import Progress
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction, Task, Timer, Work

_ID = Text("id", max=256, min=1)


@attrs.frozen(kw_only=True, slots=False)
class Dag(Spec):
    """A workflow of tasks, each of which begins when those that it depends on are done.

    Attributes:
        tasks: The tasks by id, in the order of the document.
        output: The execution's result; None is the results of all tasks, by id.
    """

    spec_type: ClassVar[str] = "dag"

    tasks: Mapping[str, Task]
    output: Input | None = None

    @classmethod
    def check(cls, data: Mapping[str, Any]) -> Iterator[Problem]:
        """Give what is wrong: ids, dependencies, references, paths, values."""
        yield from _Checking(data).problems()

    @classmethod
    def sound(cls, data: Mapping[str, Any], places: Collection[Place]) -> Mapping[str, Any] | None:
        """Give a workflow in which what is wrong are tasks that do nothing, with the ids and dependencies they had."""
        spoilt = {place[:2] for place in places}
        listed = data.get("tasks")
        if ("tasks",) in spoilt or not isinstance(listed, list):
            return None
        tasks = [_stand_in(task, index) if ("tasks", index) in spoilt else task for index, task in enumerate(listed)]
        left_out = {place[0] for place in spoilt if place}
        rest = {name: value for name, value in data.items() if name == "tasks" or name not in left_out}
        return {**rest, "tasks": tasks}

    @classmethod
    def read(cls, data: Mapping[str, Any], **head: Any) -> Self:
        """Build it from a workflow in which nothing is wrong."""
        held = [tasks.read(each) for each in data["tasks"]]
        output = inputs.read(data["output"]) if "output" in data else None
        return cls(tasks={task.id: task for task in held}, output=output, **head)

    @cached_property
    def graph(self) -> Graph:
        """Which task waits for which."""
        return Graph({id: task.dependencies for id, task in self.tasks.items()})

    def follow(self, execution: ExecutionId = UNNAMED) -> "Followed":
        """Begin to follow an execution."""
        return Followed(self, execution)

    def decide(self, history: History, execution: ExecutionId = UNNAMED) -> list[Decision]:
        """Say what happens next in an execution, given its history."""
        following = self.follow(execution)
        for event in history:
            following.apply(event)
        return following.decisions()


def _stand_in(task: Any, index: int) -> dict[str, Any]:
    said = task if isinstance(task, Mapping) else {}
    id, needed = said.get("id"), said.get("dependencies")
    return {
        "id": id if isinstance(id, str) and id else f"(tasks[{index}])",
        "timer": 0,
        "dependencies": needed if isinstance(needed, list) and all(isinstance(each, str) for each in needed) else [],
    }


class Followed:
    """An execution that is followed.

    Attributes:
        progress: How far it is.
    """

    def __init__(self, spec: Dag, execution: ExecutionId) -> None:
        self.progress = Progress(spec.tasks, spec.graph, execution)
        self._output = spec.output

    def apply(self, event: Any) -> None:
        """Take one more event into account."""
        news.apply(self.progress, event)

    def decisions(self) -> list[Decision]:
        """Say what happens next."""
        self.progress.ask()
        return decisions_of(self.progress, self._output)

    def task_of(self, event_id: int) -> str | None:
        """Return the id of the task for which an event opened what is open still; None of any other event."""
        part = self.progress.openings.parts.get(event_id)
        return None if part is None else part.owner.task.id


class _Checking:
    """One look at a workflow whose form is right."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._tasks: Sequence[Mapping[str, Any]] = data["tasks"]
        self._output: Mapping[str, Any] | None = data.get("output")
        self._places: dict[str, Place] = {}
        for index, task in enumerate(self._tasks):
            self._places.setdefault(task["id"], ("tasks", index))
        known = {
            task["id"]: [each for each in task.get("dependencies", ()) if each in self._places] for task in self._tasks
        }
        self._graph = Graph(known)
        self._begun = frozenset(self._graph.order)

    def problems(self) -> Iterator[Problem]:
        for index, task in enumerate(self._tasks):
            place = ("tasks", index)
            yield from self._id(task, place)
            yield from self._dependencies(task, place)
            yield from self._references(task, place)
            yield from self._compensation(task, place)
            yield from self._values(task, place)
        yield from self._cycles()
        if self._output is not None:
            for at, data in inputs.reads(self._output, ("output",)):
                yield from self._reference(data, at, None, has_item=False)

    def _id(self, task: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        id, at = task["id"], (*place, "id")
        if problem := _ID.problem(id):
            yield Problem(at, f"{id!r} {problem}. It is the activity id, too: choose another.")
        if id.startswith(RESERVED):
            yield Problem(at, f"{id!r} begins with {RESERVED!r}, as the ids that are given here do. Choose another.")
        if self._places[id] != place:
            first = self._places[id][-1]
            yield Problem(at, f"{id!r} is the id of tasks[{first}] already. Give each task its own.")
        of, bracket, number = id.rstrip("]").rpartition("[")
        if bracket and number.isdigit() and of in self._places and "for_each" in self._task(of):
            yield Problem(at, f"{id!r} is what an item of the task {of!r} is called. Choose another.")

    def _dependencies(self, task: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        for index, each in enumerate(task.get("dependencies", ())):
            at = (*place, "dependencies", index)
            if each == task["id"]:
                yield Problem(at, f"{each!r} is the task itself. Leave it out.")
            elif each not in self._places:
                yield Problem(
                    at, f"there is no task {each!r}. {meant(each, self._places)}Name a task of this workflow."
                )

    def _cycles(self) -> Iterator[Problem]:
        for cycle in self._graph.cycles:
            if len(cycle) > 1:
                told = " -> ".join([*cycle, cycle[0]])
                yield Problem(self._places[cycle[0]], f"the tasks wait for each other: {told}. Break the circle.")
        for id in self._graph.unreachable:
            yield Problem(
                self._places[id], f"the task {id!r} can never begin: it waits for tasks that wait for themselves."
            )

    def _references(self, task: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        has_item = "for_each" in task
        if "when" in task:
            for at, data in conditions.reads(task["when"], (*place, "when")):
                yield from self._reference(data, at, task["id"], has_item=False)
        if has_item:
            for at, data in inputs.reads(task["for_each"]["items"], (*place, "for_each", "items")):
                yield from self._reference(data, at, task["id"], has_item=False)
        for name in ("input", "timer"):
            if isinstance(task.get(name), Mapping):
                for at, data in inputs.reads(task[name], (*place, name)):
                    yield from self._reference(data, at, task["id"], has_item=has_item)
        undo = task.get("compensation", {}).get("input")
        if undo is not None:
            for at, data in inputs.reads(undo, (*place, "compensation", "input")):
                yield from self._reference(data, at, task["id"], has_item=has_item, own=True)

    def _reference(
        self, data: Mapping[str, Any], at: Place, id: str | None, *, has_item: bool, own: bool = False
    ) -> Iterator[Problem]:
        """Give what is wrong with something that is read: by a task, or at the end."""
        yield from self._path(data.get("path", ROOT), at)
        if data["type"] == "item" and not has_item:
            yield Problem(at, "there is no item here: only what is done for_each item has one. Read something else.")
        if data["type"] != "dependency-result":
            return
        other = data["id"]
        if other not in self._places:
            yield Problem(
                (*at, "id"), f"there is no task {other!r}. {meant(other, self._places)}Name a task of this workflow."
            )
        elif not (id is None or (own and other == id) or self._may_wait_for(id, other)):
            yield Problem(
                (*at, "id"), f"{other!r} need not be done by then. Add it to the dependencies of the task {id!r}."
            )

    def _may_wait_for(self, id: str, other: str) -> bool:
        """Tell whether a task waits for another; of one that waits for a circle that is not known."""
        return id not in self._begun or self._graph.waits_for(id, other)

    def _path(self, path: str, at: Place) -> Iterator[Problem]:
        try:
            compiled(path)
        except SpecError as error:
            yield Problem((*at, "path"), str(error))

    def _compensation(self, task: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        if task.get("on_failure") == "compensate" and not any("compensation" in each for each in self._tasks):
            yield Problem(
                (*place, "on_failure"),
                "no task has a compensation, so nothing would be undone. Give one, or write fail.",
            )
        if "type" not in task and "retry" in task and ("timer" in task or "signal" in task):
            yield Problem((*place, "retry"), "only activities, Lambda functions and child workflows are tried again.")

    def _values(self, data: Mapping[str, Any], place: Place) -> Iterator[Problem]:
        """Give what SWF would refuse of a task, found by asking for it."""
        task = tasks.read(data)
        yield from _certain(task.input, inputs.text_of, (*place, "input"))
        if isinstance(task.work, Timer):
            yield from _certain(task.work.seconds, seconds_of, (*place, "timer"))
        if task.for_each is not None:
            yield from _certain(task.for_each.items, items_of, (*place, "for_each", "items"))
        works: dict[Place, Work] = (
            {place: task.work} if isinstance(task.work, Activity | LambdaFunction | ChildWorkflow) else {}
        )
        if task.compensation is not None:
            works[*place, "compensation"] = task.compensation.work
        for at, work in works.items():
            try:
                opening(work, "id")
            except ValidationError as error:
                yield Problem(at, str(error))

    def _task(self, id: str) -> Mapping[str, Any]:
        task: Mapping[str, Any] = self._tasks[int(self._places[id][-1])]
        return task


def _certain(asked: Input, use: Callable[[Any], object], place: Place) -> Iterator[Problem]:
    """Give what is wrong with an input that is the same whatever happens."""
    if not isinstance(asked, NoInput | Constant):
        return
    try:
        use(asked.value if isinstance(asked, Constant) else NOTHING)
    except SpecInputError as error:
        yield Problem((*place, "value") if isinstance(asked, Constant) else place, str(error))
