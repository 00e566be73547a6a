"""An engine under load, to be killed: run as a program with a database's path.

For each line on standard input a child is forked that opens the engine and works on it with several threads. Each
answer it gets it reports as a line, after the answer. When the child is gone, the line ``over`` is said.
"""

import json
import os
import random
import sys
import threading
import time

from swf.engine import Engine, validation
from swf.models.decision import (
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
)

W1 = {"name": "W", "version": "1"}
ROLE = "arn:aws:iam::123456789012:role/swf"
WORKFLOW_IDS = [f"w{number}" for number in range(5)]


def report(*answered):
    # Short writes to a pipe are whole: lines of two threads never mix.
    os.write(1, json.dumps(answered).encode() + b"\n")


class Load:
    """What one thread asks for."""

    def __init__(self, engine, seed):
        self.engine = engine
        self.chance = random.Random(seed)

    def ask(self, operation, **request):
        answer = self.engine.handle(f"SimpleWorkflowService.{operation}", json.dumps(request).encode())
        told = json.loads(answer.body) if answer.body else {}
        return told if answer.status == 200 else None

    def run(self):
        while True:
            self.chance.choice([self.start, self.signal, self.terminate, self.decide, self.decide, self.perform])()

    def start(self):
        answer = self.ask(
            "StartWorkflowExecution",
            domain="d",
            workflowId=self.chance.choice(WORKFLOW_IDS),
            workflowType=W1,
            tagList=["t"],
            lambdaRole=ROLE,
        )
        if answer is not None:
            report("WorkflowExecutionStarted", answer["runId"], {})

    def signal(self):
        workflow_id, name = self.chance.choice(WORKFLOW_IDS), str(self.chance.random())
        request = {"domain": "d", "workflowId": workflow_id, "signalName": name, "input": "x" * 500}
        if self.ask("SignalWorkflowExecution", **request) is not None:
            report("WorkflowExecutionSignaled", None, {"signalName": name})

    def terminate(self):
        if self.chance.random() < 0.1:
            workflow_id, reason = self.chance.choice(WORKFLOW_IDS), str(self.chance.random())
            if self.ask("TerminateWorkflowExecution", domain="d", workflowId=workflow_id, reason=reason) is not None:
                report("WorkflowExecutionTerminated", None, {"reason": reason})

    def decide(self):
        task = self.ask("PollForDecisionTask", domain="d", taskList={"name": "dl"}, maximumPageSize=1)
        if task is None or not task["taskToken"]:
            return
        run_id, started = task["workflowExecution"]["runId"], task["startedEventId"]
        report("DecisionTaskStarted", run_id, {"eventId": started})
        if self.chance.random() < 0.9:
            request = {"taskToken": task["taskToken"], "decisions": self.decisions()}
            if self.ask("RespondDecisionTaskCompleted", **request) is not None:
                report("DecisionTaskCompleted", run_id, {"startedEventId": started})

    def decisions(self):
        made = [self.decision().raw for _ in range(self.chance.randrange(4))]
        if self.chance.random() < 0.1:
            made.append(self.chance.choice([CompleteWorkflowExecution(), ContinueAsNewWorkflowExecution()]).raw)
        return made

    def decision(self):
        some_id, workflow_id = str(self.chance.randrange(5)), self.chance.choice(WORKFLOW_IDS)
        return self.chance.choice(
            [
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=some_id),
                StartTimer(timer_id=some_id, start_to_fire_timeout=self.chance.randrange(2)),
                StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id=workflow_id, lambda_role=ROLE),
                SignalExternalWorkflowExecution(workflow_id=workflow_id, signal_name="s"),
                RequestCancelExternalWorkflowExecution(workflow_id=workflow_id),
                ScheduleLambdaFunction(id=some_id, name="echo"),
            ]
        )

    def perform(self):
        task = self.ask("PollForActivityTask", domain="d", taskList={"name": "al"})
        if task is None or not task["taskToken"]:
            return
        run_id, started = task["workflowExecution"]["runId"], task["startedEventId"]
        report("ActivityTaskStarted", run_id, {"eventId": started})
        if self.ask("RecordActivityTaskHeartbeat", taskToken=task["taskToken"], details="d") is None:
            return
        if self.chance.random() < 0.9 and self.ask("RespondActivityTaskCompleted", taskToken=task["taskToken"]) == {}:
            report("ActivityTaskCompleted", run_id, {"startedEventId": started})


def work(path, seed):
    engine = Engine(path, poll_wait_seconds=0, functions={"echo": lambda event: event})
    Load(engine, seed).ask("RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays="1")
    workflow_type = {
        "defaultTaskList": {"name": "dl"},
        "defaultExecutionStartToCloseTimeout": "3600",
        "defaultTaskStartToCloseTimeout": "1",
        "defaultChildPolicy": "TERMINATE",
    }
    activity_type = {
        "defaultTaskList": {"name": "al"},
        "defaultTaskScheduleToStartTimeout": "60",
        "defaultTaskScheduleToCloseTimeout": "NONE",
        "defaultTaskStartToCloseTimeout": "1",
        "defaultTaskHeartbeatTimeout": "5",
    }
    Load(engine, seed).ask("RegisterWorkflowType", domain="d", **W1, **workflow_type)
    Load(engine, seed).ask("RegisterActivityType", domain="d", name="A", version="1", **activity_type)
    for number in range(3):
        threading.Thread(target=Load(engine, f"{seed}/{number}").run, daemon=True).start()
    # Nobody waits this long to kill it: whoever should have is gone.
    time.sleep(60)


def main(path):
    validation.service_model()
    for seed in sys.stdin:
        child = os.fork()
        if child == 0:
            work(path, seed)
            return
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"over\n")


if __name__ == "__main__":
    main(sys.argv[1])
