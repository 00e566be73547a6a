"""A simulation of all that can go wrong between an engine and its clients, drawn from a seed.

The machine dies between any two transactions and comes up again with its clock moved, requests and answers are lost,
requests arrive twice, and whoever took a task may never answer it.
"""

import os
import random
from contextlib import contextmanager
from datetime import timedelta

import pytest

from swf.models.decision import ScheduleLambdaFunction
from tests.engine.simulation import DECISION_LISTS, ROLE, Machine, Simulation, drive_to_the_end

W1 = {"name": "W", "version": "1"}
SEEDS = [1, 2, 3, 4]
STEPS = 250

pytestmark = pytest.mark.inprocess


@contextmanager
def told(seed):
    """Tell with an error how to see it again."""
    print(f"SWF_SIMULATION_SEED={seed}")
    try:
        yield
    except BaseException as error:
        error.add_note(f"To see it again, set SWF_SIMULATION_SEED={seed}")
        raise


@pytest.mark.parametrize("seed", [*SEEDS, os.environ.get("SWF_SIMULATION_SEED", "any")])
def test_whatever_goes_wrong_nothing_is_lost_or_done_twice_and_all_comes_to_an_end(
    tmp_path, attached, registered, seed
):
    seed = random.randrange(10**9) if seed == "any" else int(seed)
    with told(seed):
        simulation = Simulation(attached, tmp_path, random.Random(seed))
        machine, network = simulation.machine, simulation.network
        registered(machine.client)

        simulation.run(STEPS)
        network.is_reliable = True
        # What was to happen by a time is late by as much as the clock was set back.
        machine.engine.clock.advance(milliseconds=machine.watch.set_back)
        drive_to_the_end(machine.client, machine.engine.clock, DECISION_LISTS)

        snapshot = machine.look()
        assert {run.row["status"] for run in snapshot.runs} == {"CLOSED"}
        events = [event for run in snapshot.runs for event in run.events]
        assert list(network.ledger.problems(events)) == []
        machine.engine.clock.advance(days=8)
        assert machine.look().runs == ()
        machine.end()


def test_a_call_that_was_to_begin_when_the_machine_died_is_made_once(tmp_path, attached, registered):
    machine = Machine(attached, tmp_path)
    registered(machine.client)
    machine.client.start_workflow_execution(domain="d", workflowId="one", workflowType=W1, lambdaRole=ROLE)
    token = machine.client.poll_for_decision_task(domain="d", taskList={"name": "dl"})["taskToken"]
    call = ScheduleLambdaFunction(id="a", name="echo", input={"call": "the call"})

    with machine.dying(commits=1, shift=timedelta(0)):
        machine.client.respond_decision_task_completed(taskToken=token, decisions=[call.raw])

    snapshot = machine.look()
    machine.end()
    assert "LambdaFunctionCompleted" in [event.name for run in snapshot.runs for event in run.events]
    assert machine.functions.made == {"the call": 1}
