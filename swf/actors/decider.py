"""Decision tasks: what happened is read, what happens next is answered."""

import logging

from swf.actors.core import Actor, Poll
from swf.exceptions import DoesNotExistError, PollTimeout
from swf.models.event.refusal import REFUSED
from swf.models.task import Decisions, DecisionTask

_log = logging.getLogger(__name__)


class Decider(Actor[DecisionTask]):
    """Polls for decision tasks and answers them with decisions.

    Subclass it and say in `decide` what happens next:

    >>> from swf.models.decision import CompleteWorkflowExecution
    >>> class Greeter(Decider):
    ...     def decide(self, task):
    ...         return CompleteWorkflowExecution(result=f"Hello, {task.history.input}!")

    A task whose `decide` raises is not answered: the error is logged with the execution's ids, and SWF hands the task
    out again when its timeout is over.

    See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-dev-deciders.html
    """

    def decide(self, task: DecisionTask) -> Decisions:
        """Say what happens next in an execution, given its history.

        Args:
            task: ``task.history`` has all events, ``task.new_events`` those since the last decision of this execution.

        Returns:
            Decisions in the order in which SWF carries them out; one that closes the execution must be the last.
            None or none at all leaves the execution as it is until something happens to it.
        """
        raise NotImplementedError(f"{type(self).__name__} says nowhere what to decide(task).")

    def poll(
        self,
        task_list: str | None = None,
        identity: str | None = None,
        maximum_page_size: int | None = None,
        *,
        start_at_previous_started_event: bool | None = None,
    ) -> DecisionTask:
        """Ask SWF for a decision task, for a minute at most; all pages of its history are read at once.

        Args:
            task_list: Another task list than the actor's own.
            identity: Another identity than the actor's own.
            maximum_page_size: How many events come with one request, 1,000 at most.
            start_at_previous_started_event: Leave out the events before those that are new: enough for a decider that
                remembers the rest.

        Raises:
            PollTimeout: There was none.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForDecisionTask.html
        """
        asked = Poll(
            task_list=self.task_list if task_list is None else task_list,
            identity=identity or self.identity,
            maximum_page_size=maximum_page_size,
            start_at_previous_started_event=start_at_previous_started_event,
        )
        pages = self.connection.pages("poll_for_decision_task", domain=self.domain.name, **asked.params)
        with self._in_domain():
            first = next(pages)
        if not first.get("taskToken"):
            raise PollTimeout(f"No decision task came on the task list {asked.task_list!r}. Poll again.")
        # The token of a further page is good for a minute only, so none is left for later.
        events = [*first.get("events", ()), *(event for page in pages for event in page.get("events", ()))]
        return DecisionTask.from_poll(
            self.domain, asked.task_list, {**first, "events": events}, connection=self.connection
        )

    def complete(
        self,
        task_token: str,
        decisions: Decisions = None,
        execution_context: str | None = None,
        *,
        task_list: str | None = None,
        task_list_schedule_to_start_timeout: int | str | None = None,
    ) -> None:
        """Answer a decision task.

        Args:
            task_token: The task's token.
            decisions: What to do; None answers that nothing is to be done now.
            execution_context: Text that Describe tells until the next one is given.
            task_list: Where the execution's next decision tasks go.
            task_list_schedule_to_start_timeout: Seconds after which one that nobody took there goes back.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.
            ValidationError: A decision that closes the execution is not the last one.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondDecisionTaskCompleted.html
        """
        task = DecisionTask(self.domain, self.task_list, task_token, connection=self.connection)
        task.complete(
            decisions,
            execution_context,
            task_list,
            task_list_schedule_to_start_timeout,
        )

    def poll_task(self) -> DecisionTask:
        """Ask SWF for a decision task."""
        return self.poll()

    def perform_task(self, task: DecisionTask) -> None:
        """Decide, and answer the task."""
        for refusal in task.new_events:
            if type(refusal) in REFUSED:
                _log.warning("SWF refused a decision on %r: %r", task.execution, refusal)
        try:
            decisions = self.decide(task)
        except (Exception, SystemExit):
            _log.exception(
                "Deciding on %r failed. The task is not answered; SWF gives it again after its timeout.", task.execution
            )
            return
        try:
            task.complete(decisions)
        except DoesNotExistError:
            _log.warning("The decisions on %r came too late: the task or the execution is closed.", task.execution)
