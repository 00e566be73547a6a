"""A document tried out: decider and workers in this process, until one execution has closed."""

import secrets
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import attrs

from swf import payload
from swf.actors import ActivityWorker, Actor, TaskFailed, stop
from swf.connection import Connection
from swf.constants import NONE, TERMINATE
from swf.exceptions import AlreadyExistsError, ValidationError
from swf.models import ActivityTask, ActivityType, Domain, WorkflowExecution
from swf.shapes import TypeId
from swf.specs.base import Spec
from swf.specs.dag import Dag
from swf.specs.decider import SpecDecider
from swf.specs.document import Document
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction

Function = Callable[[Any], Any]

TASK_LIST: Final = "specs"
DOMAIN: Final = "specs"
LAMBDA_ROLE: Final = "arn:aws:iam::000000000000:role/specs"

_DAY_SECONDS: Final = 24 * 60 * 60

# So much of what a command says is told of its failure, in characters.
_LONGEST_SAID: Final = 2_000


@attrs.frozen(kw_only=True)
class Trial:
    """One execution of a workflow, with all that it takes.

    Attributes:
        document: The document.
        spec: The workflow in it.
        domain: The domain.
        functions: What performs the activities, by name or by name and version: functions of the input.
        lambdas: The names of the Lambda functions that there are; None if that is not known.
        concurrency: How many activity tasks of each task list are worked on at the same time.
        task_list: Where the execution's decision tasks go: its own, so that nobody else takes them.
    """

    document: Document
    spec: Spec
    domain: Domain
    functions: Mapping[str | TypeId, Function]
    lambdas: Collection[str] | None = None
    concurrency: int = 8
    task_list: str = attrs.field(factory=lambda: f"{TASK_LIST}-{secrets.token_hex(4)}")

    def register(self) -> None:
        """Register the domain and all types that the document names, with defaults where it says none."""
        models: list[Any] = [self.domain, *self._workflow_types(), *self._activity_types()]
        for model in models:
            try:
                model.save()
            except AlreadyExistsError:
                continue

    def check(self) -> None:
        """Refuse to begin while an activity would wait for ever, or a Lambda function is not there.

        Raises:
            ValidationError: Nothing performs it.
        """
        left = sorted({str(each) for each in self._activities() if self._function(each) is None})
        if left:
            raise ValidationError(
                f"Nothing performs {', '.join(left)}. Give a function or a command for each activity type: "
                f"--activity {left[0].split()[0]}=module:function"
            )
        gone = sorted(
            {each.name for each in self._lambda_works() if self.lambdas is not None} - {*(self.lambdas or ())}
        )
        if gone:
            raise ValidationError(
                f"Nothing stands for the Lambda functions {', '.join(gone)}. Give a function or a command for each: "
                f"--lambda {gone[0]}=module:function"
            )

    @contextmanager
    def running(self, *, input: Any = None, signals: Iterable[tuple[str, Any]] = ()) -> Iterator[WorkflowExecution]:
        """Start one execution, and have all that it takes run in the block.

        At its end polls under way come to theirs. Elsewhere than on an engine of this process that may take a minute.

        Args:
            input: What it is started with.
            signals: Names and inputs of signals to send at its beginning.
        """
        deciders = [SpecDecider(self.document, self.domain, each, concurrency=4) for each in self._decision_lists()]
        started: list[Actor[Any]] = [*deciders, *self._workers()]
        for actor in started:
            actor.start()
        try:
            execution = self.spec.workflow_type(self.domain).start_execution(input=input, task_list=self.task_list)
            for name, value in signals:
                execution.signal(name, value)
            yield execution
        finally:
            stop(*started)

    # What the document names

    def _dags(self) -> Iterator[Dag]:
        """Give the workflow, and those of the document that it starts as children."""
        known = {TypeId(spec.name, spec.version): spec for spec in self.document}
        left, seen = [self.spec], set()
        while left:
            spec = left.pop()
            type_id = TypeId(spec.name, spec.version)
            if type_id in seen or not isinstance(spec, Dag):
                continue
            seen.add(type_id)
            yield spec
            children = (task.work.type for task in spec.tasks.values() if isinstance(task.work, ChildWorkflow))
            left.extend(known[each] for each in children if each in known)

    def _activity_works(self) -> Iterator[Activity]:
        for dag in self._dags():
            for task in dag.tasks.values():
                if isinstance(task.work, Activity):
                    yield task.work
                if task.compensation is not None:
                    yield task.compensation.work

    def _lambda_works(self) -> Iterator[LambdaFunction]:
        works = (task.work for dag in self._dags() for task in dag.tasks.values())
        return (work for work in works if isinstance(work, LambdaFunction))

    def _activities(self) -> Iterator[TypeId]:
        return (work.type for work in self._activity_works())

    def _function(self, type_id: TypeId) -> Function | None:
        return self.functions.get(type_id) or self.functions.get(type_id.name)

    def _decision_lists(self) -> set[str]:
        """Give the task lists of the execution and of its children."""
        known = {TypeId(spec.name, spec.version): spec.registration.task_list for spec in self.document}
        works = (task.work for dag in self._dags() for task in dag.tasks.values())
        children = (work for work in works if isinstance(work, ChildWorkflow) and work.type in known)
        return {self.task_list, *(child.task_list or known[child.type] or TASK_LIST for child in children)}

    def _workflow_types(self) -> Iterator[Any]:
        for spec in self.document:
            made = spec.workflow_type(self.domain)
            yield attrs.evolve(
                made,
                task_list=made.task_list or TASK_LIST,
                execution_timeout=made.execution_timeout or _DAY_SECONDS * 30,
                decision_tasks_timeout=60 if made.decision_tasks_timeout is None else made.decision_tasks_timeout,
                child_policy=made.child_policy or TERMINATE,
                lambda_role=made.lambda_role or LAMBDA_ROLE,
            )

    def _activity_types(self) -> Iterator[ActivityType]:
        for type_id in set(self._activities()):
            yield ActivityType(
                self.domain,
                *type_id,
                task_list=TASK_LIST,
                task_heartbeat_timeout=NONE,
                task_schedule_to_close_timeout=NONE,
                task_schedule_to_start_timeout=NONE,
                task_start_to_close_timeout=NONE,
            )

    # Workers

    def _workers(self) -> Iterator[ActivityWorker]:
        """Give a worker for each task list, which performs what comes there."""
        by_list: dict[str, set[TypeId]] = {}
        for work in self._activity_works():
            by_list.setdefault(work.task_list or self._default_list(work.type), set()).add(work.type)
        for task_list, types in by_list.items():
            worker = ActivityWorker(self.domain, task_list, concurrency=self.concurrency)
            for type_id in types:
                function = self._function(type_id)
                assert function is not None
                worker.activity(*type_id)(_handler(function))
            yield worker

    def _default_list(self, type_id: TypeId) -> str:
        """Give the task list that an activity type was registered with."""
        return ActivityType(self.domain, *type_id).upstream().task_list or TASK_LIST


def _handler(function: Function) -> Callable[[ActivityTask], Any]:
    return lambda task: function(payload.decode(task.input))


def command(line: str) -> Function:
    """Give a function that runs a shell command: the input on stdin, the result on stdout, both JSON or text.

    >>> command("tr a-z A-Z")("soap")
    'SOAP'

    A command that ends with another exit code than 0 fails the task; what it says on stderr is the reason.
    """

    def run(value: Any) -> Any:
        given = payload.encode(value) or ""
        done = subprocess.run(line, shell=True, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip()[-_LONGEST_SAID:] or f"exit code {done.returncode}"
            raise TaskFailed(said, type="CommandFailed")
        return payload.decode(done.stdout.strip()) if done.stdout.strip() else None

    return run


def domain_of(connection: Connection, name: str | None = None) -> Domain:
    """Give the domain to try in."""
    return Domain(name or DOMAIN, retention_period=1, connection=connection)
