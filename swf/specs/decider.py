"""A service that decides on the executions of documents."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from swf.actors import Decider
from swf.actors.handlers import shown
from swf.connection import Connection
from swf.exceptions import ConfigurationError, DoesNotExistError, IncompleteAnswerError, PollTimeout, SpecError
from swf.models import Domain, WorkflowExecution
from swf.models.decision import Decision
from swf.models.event import Event
from swf.models.history import History
from swf.models.history.pages import check_end
from swf.models.task import DecisionTask
from swf.shapes import ExecutionId, TypeId
from swf.specs import open_children
from swf.specs.base import UNNAMED, OfTasks, Spec
from swf.specs.document import Document, load

_log = logging.getLogger(__name__)

# How many executions are followed from one decision task to the next; of others the history is read again.
REMEMBERED = 200


class SpecDecider(Decider):
    """Decides on the executions of all workflows in some documents.

    A file that changes is read again with the next decision task. If something is wrong with it, that is logged, and
    what it said before holds on. Executions of other types are left alone, and so are those whose workflow was taken
    out of the document.

    >>> from swf.specs import loads
    >>> document = loads('''{"version": "1.0", "workflows": [{
    ...     "spec_type": "dag", "name": "spam", "version": "1.0",
    ...     "tasks": [{"id": "foo", "type": {"name": "spam-foo", "version": "0.3"}}]
    ... }]}''')
    >>> SpecDecider(document, "shop", "coffee").types
    [TypeId(name='spam', version='1.0')]

    SWF is asked for the new events of an execution only. What came before is remembered, for 200 executions; of others
    the history is read once.

    Args:
        documents: A file, several files, or a document that was read already.
        domain: The domain, or its name.
        task_list: The task list to watch.
        identity: Who polls, as histories tell it. Left out, it is made of host, process and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
        concurrency: How many executions are decided on at the same time.
        pollers: How many polls may wait at the same time. Left out, 5, or as many as the concurrency if that is less.

    Raises:
        SpecError: A document cannot be read, or two have the same version of a workflow.
    """

    _reads_again = True

    def __init__(
        self,
        documents: str | Path | Document | Iterable[str | Path | Document],
        domain: Domain | str,
        task_list: str,
        *,
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
    ) -> None:
        self._sources = [_read(each) for each in _several(documents)]
        self._specs = _by_type([source.document for source in self._sources])
        super().__init__(
            domain, task_list, identity=identity, connection=connection, concurrency=concurrency, pollers=pollers
        )

    def _rest(self) -> None:
        super()._rest()
        self._remembered: OrderedDict[str, _Known] = OrderedDict()
        self._reading = threading.Lock()
        self._remembering = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        held = super().__getstate__()
        running = ("_remembered", "_reading", "_remembering")
        return {name: value for name, value in held.items() if name not in running}

    @property
    def types(self) -> list[TypeId]:
        """The workflow types that are decided on now."""
        return list(self._specs)

    def check(self) -> None:
        """Refuse to start without a workflow; warn of a task list that no workflow is registered with."""
        if not self._specs:
            raise ConfigurationError(f"{self!r} has no document with a workflow. Give it one.")
        declared = dict.fromkeys(spec.registration.task_list for spec in self._specs.values())
        if None not in declared and self.task_list not in declared:
            _log.warning(
                "No workflow of the documents has the task list %r, but %s: only executions that are started with it "
                "come here.",
                self.task_list,
                ", ".join(map(repr, declared)),
            )

    def reload(self) -> bool:
        """Read again the files that have changed; tell whether what holds is new. What is wrong is logged."""
        with self._reading:
            fresh = [source.fresh() for source in self._sources]
            is_new = any(new.document is not old.document for new, old in zip(fresh, self._sources, strict=True))
            self._sources = fresh
            if not is_new:
                return False
            try:
                self._specs = _by_type([source.document for source in fresh])
            except SpecError as error:
                _log.error("%s What was read before holds on.", error)
                return False
        _log.info("Read again: %s", ", ".join(map(shown, self.types)))
        return True

    def poll_task(self) -> DecisionTask:
        """Ask SWF for a decision task with the new events of its execution, and of one that is not known with all."""
        task = self.poll(start_at_previous_started_event=True)
        first = task.history.first
        if first is None or first.id == 1:
            return task
        known = self._recall(task)
        if known is None or len(known.events) < first.id - 1:
            try:
                return attrs.evolve(task, history=self._whole(task))
            except IncompleteAnswerError as error:
                raise self._incomplete(*_execution(task), error) from error
        self._remember(task, known)
        return attrs.evolve(task, history=History((known.events[0], *task.history)))

    def decide(self, task: DecisionTask) -> list[Decision]:
        """Say what happens next in an execution.

        Raises:
            SpecError: No document has its type.
        """
        self.reload()
        spec = None if task.workflow_type is None else self._specs.get(task.workflow_type)
        if spec is None:
            raise SpecError(f"No document has the workflow {shown(task.workflow_type)} any more. Put it back.")
        if task.task_token is None:
            # It is of no SWF: another one may have the same ids.
            return list(_Known(spec, _execution(task), task.history).decisions())
        known = self._known(spec, task)
        if task.started_event_id is not None and task.started_event_id < len(known.events):
            # What was decided then did not fit into one answer, and is asked for again.
            then = _Known(spec, _execution(task), known.events[: task.started_event_id])
            decisions = list(then.decisions())
        else:
            decisions = list(known.decisions())
        if decisions and decisions[-1].closes:
            warning = open_children.warning(task.execution, known.events, lambda child: self._place_of(known, child.id))
            if warning is not None and self._logged.is_new(warning):
                _log.warning("%s", warning)
        self._remember(task, known)
        return decisions

    def _place_of(self, known: "_Known", event_id: int) -> str | None:
        """Return which task an event opened something for, and where that stands, as far as the documents tell."""
        id = known.task_of(event_id)
        document = next((each.document for each in self._sources if known.spec in each.document.specs), None)
        if id is None or document is None:
            return None
        line = document.lines.get((known.spec.name, known.spec.version, id))
        return f"task {id!r} of {document.name}" + ("" if line is None else f", line {line}")

    def _known(self, spec: Spec, task: DecisionTask) -> "_Known":
        """Give the execution with all its events: from what is remembered, or from its beginning."""
        known = self._recall(task)
        if known is None:
            return _Known(spec, _execution(task), self._whole(task))
        fresh = [event for event in task.history if event.id > len(known.events)]
        if fresh and fresh[0].id > len(known.events) + 1:
            return _Known(spec, _execution(task), self._whole(task))
        if known.spec is not spec:
            return _Known(spec, _execution(task), [*known.events, *fresh])
        known.go_on(fresh)
        return known

    def _whole(self, task: DecisionTask) -> History:
        """Give all events up to a task: those that it has, or those that SWF has."""
        last = task.history.last
        if last is None or last.id == len(task.history):
            return task.history
        try:
            return self._read_up_to_date(lambda: _history_up_to(task.execution, last.id))
        except DoesNotExistError:
            raise PollTimeout(f"{task.execution!r} closed before its history was read. Poll again.") from None

    def _recall(self, task: DecisionTask) -> "_Known | None":
        """Give what is remembered, which nobody else has in hand then."""
        with self._remembering:
            return self._remembered.pop(_execution(task).run_id, None)

    def _remember(self, task: DecisionTask, known: "_Known") -> None:
        with self._remembering:
            self._remembered[_execution(task).run_id] = known
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)

    def _knows(self, task: DecisionTask) -> bool:
        self.reload()
        return task.workflow_type in self._specs

    def _leave_alone(self, task: DecisionTask) -> None:
        if task.workflow_type not in self._left_alone:
            self._left_alone.add(task.workflow_type)
            _log.warning(
                "No document of %r has the workflow %s, so executions such as %r are left alone. There are: %s. Put it "
                "into a document, or give these executions another task list.",
                self,
                shown(task.workflow_type),
                task.execution,
                ", ".join(shown(known) for known in self._specs),
            )


class _Known:
    """An execution that is followed.

    Attributes:
        spec: By which document.
        events: Its events so far, from the first on.
    """

    def __init__(self, spec: Spec, execution: ExecutionId, events: Iterable[Event]) -> None:
        self.spec = spec
        self.events: list[Event] = []
        self._following = spec.follow(execution)
        self.go_on(events)

    def go_on(self, events: Iterable[Event]) -> None:
        """Take more events into account."""
        for event in events:
            self._following.apply(event)
            self.events.append(event)

    def decisions(self) -> Iterable[Decision]:
        """Say what happens next."""
        return self._following.decisions()

    def task_of(self, event_id: int) -> str | None:
        """Return the id of the task for which an event opened something, of a workflow that has tasks."""
        return self._following.task_of(event_id) if isinstance(self._following, OfTasks) else None


def _history_up_to(execution: WorkflowExecution, last_event_id: int) -> History:
    history = History(event for event in execution.history() if event.id <= last_event_id)
    check_end(history[-1].id, last_event_id)
    return history


def _execution(task: DecisionTask) -> ExecutionId:
    return task.workflow_execution or UNNAMED


@attrs.frozen
class _Source:
    """Where a document came from, and what it said when it was read.

    Attributes:
        given: The file, or the document itself.
        stamp: What tells whether the file has changed or was replaced; None of a document, or a file that is not there.
        document: What it says.
    """

    given: str | Path | Document
    stamp: tuple[int, int, int] | None
    document: Document

    def fresh(self) -> "_Source":
        """Give what the file says now; what it said before if something is wrong with it."""
        stamp = _stamp(self.given)
        if stamp == self.stamp:
            return self
        try:
            return _read(self.given)
        except SpecError as error:
            # Said once, and not with every decision task.
            _log.error("%s What was read before holds on.", error)
            return attrs.evolve(self, stamp=stamp)


def _read(given: str | Path | Document) -> _Source:
    # The stamp comes first: what changes while it is read is read again.
    stamp = _stamp(given)
    return _Source(given, stamp, given if isinstance(given, Document) else load(given))


def _stamp(given: str | Path | Document) -> tuple[int, int, int] | None:
    if isinstance(given, Document):
        return None
    try:
        found = Path(given).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _several(documents: str | Path | Document | Iterable[str | Path | Document]) -> list[str | Path | Document]:
    return [documents] if isinstance(documents, str | Path | Document) else list(documents)


def _by_type(documents: Iterable[Document]) -> dict[TypeId, Spec]:
    found: dict[TypeId, tuple[Spec, Document]] = {}
    for document in documents:
        for spec in document:
            type_id = TypeId(spec.name, spec.version)
            if type_id in found:
                raise SpecError(
                    f"{document.name} has the workflow {shown(type_id)}, and so has {found[type_id][1].name}. Keep one "
                    "of them."
                )
            found[type_id] = spec, document
    return {type_id: spec for type_id, (spec, _) in found.items()}
