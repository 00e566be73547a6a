"""Actors of processes that are killed: a module of their own, so that these start quickly."""

import sys
import time

from swf.actors import ActivityWorker, Decider, run
from swf.connection import connect
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted, ActivityTaskScheduled

ACTIVITIES = 3


class Sequence(Decider):
    """Has activities done one after the other, each again until it is done, and completes."""

    def decide(self, task):
        done = len(task.history.filter(ActivityTaskCompleted))
        if done == ACTIVITIES:
            return CompleteWorkflowExecution(result=done)
        if any(activity.is_open for activity in task.history.activities.values()):
            return None
        tries = len(task.history.filter(ActivityTaskScheduled))
        return ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id=f"pack-{done}-{tries}")


class FanOut(Decider):
    """Has a hundred activities done at once, and completes."""

    def decide(self, task):
        if task.previous_started_event_id == 0:
            kind = ("Pack", "1.0")
            return [ScheduleActivityTask(activity_type=kind, activity_id=f"pack-{number}") for number in range(100)]
        done = len(task.history.filter(ActivityTaskCompleted))
        return CompleteWorkflowExecution(result=done) if done == 100 else None


class Packer(ActivityWorker):
    def perform(self, task):
        return f"packed {task.activity_id}"


class SlowPacker(Packer):
    def perform(self, task):
        time.sleep(0.2)
        return super().perform(task)


def work(url, decider, worker, concurrency):
    """Run a decider and a worker, until the process is ended."""
    with connect(url):
        print("polling", flush=True)
        actors = [(decider, "orders"), (worker, "packing")]
        run(*(globals()[name]("shop", task_list, concurrency=int(concurrency)) for name, task_list in actors))


if __name__ == "__main__":
    work(*sys.argv[1:])
