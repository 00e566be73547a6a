"""``swf types``, through the executable, on ``swf server``."""

import json

import pytest

TABLE = """\
KIND      NAME              VERSION  STATUS      CREATED (UTC)        DESCRIPTION
workflow  Order             1.0      REGISTERED  2030-01-31 08:00:00
activity  Charge            1.0      REGISTERED  2030-01-31 08:00:00
"""

SHOWN = """\
Kind                            activity
Name                            Charge
Version                         1.0
Status                          REGISTERED
Creation date                   2030-01-31 08:00:00
Task list                       payments
Task heartbeat timeout          NONE
Task schedule to close timeout  0s
Task schedule to start timeout  0s
Task start to close timeout     0s
"""


def test_types_of_both_kinds_are_listed(swf, settled):
    done = swf("types", "ls", "-o", "table")

    assert (done.code, done.err) == (0, "")
    assert settled(done.out) == TABLE


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], ["Order", "Charge"]),
        (["--kind", "activity"], ["Charge"]),
        (["--name", "Order"], ["Order"]),
        (["--version", "2.0"], []),
        (["--status", "deprecated"], []),
        (["--status", "ANY", "--limit", "1"], ["Order"]),
        (["--kind", "workflow", "--reverse"], ["Order"]),
    ],
    ids=" ".join,
)
def test_filters_say_which_types_are_listed(here, filters, names):
    done = here("types", "ls", *filters)

    assert [json.loads(line)["name"] for line in done.out.splitlines()] == names


def test_an_explanation_tells_both_calls(here):
    done = here("types", "ls", "--name", "Order", "--explain")

    assert [line for line in done.out.splitlines() if "List" in line] == [
        "1. ListWorkflowTypes",
        "1. ListActivityTypes",
    ]


def test_a_type_is_told_with_its_defaults(here, settled):
    done = here("types", "show", "Charge", "1.0", "--kind", "activity", "-o", "table")

    lines = [line.split() for line in settled(done.out.replace("600 s", "600s")).splitlines()]
    assert lines == [line.split() for line in SHOWN.splitlines()]


def test_a_type_is_registered_deprecated_taken_back_and_deleted(here, shop):
    ship = ["Ship", "2.0", "--kind", "activity"]
    said = [
        here("types", "register", *ship, "--task-list", "parcels", "--task-heartbeat-timeout", "NONE").err,
        here("types", "deprecate", *ship).err,
        here("types", "undeprecate", *ship).err,
        here("types", "delete", *ship, "--yes").err.splitlines()[0],
        here("types", "deprecate", *ship).err,
        here("types", "delete", *ship).err.splitlines()[-1],
        here("types", "delete", *ship, "--yes").err,
    ]

    assert said == [
        "Registered: Ship 2.0\n",
        "Deprecated: Ship 2.0\n",
        "Registered again: Ship 2.0\n",
        "Error: DeleteActivityType was refused with TypeNotDeprecatedFault: The type is currently registered and "
        "cannot be deleted in its current state. Deprecate it first.",
        "Deprecated: Ship 2.0\n",
        "Error: Delete the activity type Ship 2.0 of the domain test_types for good? There is no terminal to ask at: "
        "give --yes.",
        "Deleted: Ship 2.0\n",
    ]
    assert not shop.domain.activity_types.filter(name="Ship", status=None).exists()


def test_options_say_what_a_type_is_registered_with(here, shop):
    here(
        "types", "register", "Refund", "1.0", "--kind", "workflow", "--task-list", "refunds", "--description", "back",
        "--execution-timeout", "60", "--decision-tasks-timeout", "NONE", "--child-policy", "ABANDON",
        "--task-priority", "-3", "--lambda-role", "arn:aws:iam::123456789012:role/swf",
    )  # fmt: skip

    held = shop.domain.workflow_types.get("Refund", "1.0")
    held.delete()
    assert (held.task_list, held.description, held.execution_timeout) == ("refunds", "back", 60)
    assert (held.decision_tasks_timeout, held.child_policy, held.task_priority) == ("NONE", "ABANDON", -3)
    assert held.lambda_role == "arn:aws:iam::123456789012:role/swf"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "Order", "1.0"], 64, "Missing option '--kind'."),
        (["show", "Order", "9", "--kind", "workflow"], 5, "Register the type and its domain first"),
        (["register", "Order", "1.0", "--kind", "workflow"], 1, "TypeAlreadyExistsFault"),
        (
            ["register", "A", "1", "--kind", "workflow", "--task-heartbeat-timeout", "5"],
            64,
            "--task-heartbeat-timeout is for activity types, and A is of the other kind. Leave it out.",
        ),
        (["register", "A", "1", "--kind", "activity", "--task-heartbeat-timeout", "soon"], 64, "'soon'"),
        (["deprecate", "Order", "9", "--kind", "workflow"], 5, "Register the type"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_is_told_with_a_remedy(here, arguments, code, said):
    done = here("types", *arguments)

    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())
