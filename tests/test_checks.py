import inspect

import pytest

from swf.checks import Spelt, meant, refuse_misspelt
from swf.exceptions import InvalidKeywordArgumentError
from swf.models import Domain, WorkflowType
from swf.models.decision import DECISIONS


@pytest.mark.parametrize(
    ("word", "question"),
    [
        ("timerfired", "Did you mean 'TimerFired'? "),
        ("TimerFird", "Did you mean 'TimerFired'? "),
        ("lunch", ""),
        ("", ""),
        (5, ""),
        (None, ""),
    ],
)
def test_a_word_is_asked_for_when_one_comes_close(word, question):
    assert meant(word, ["TimerStarted", "TimerFired"]) == question


BOUNDS = ["start_oldest_date", "start_latest_date", "close_oldest_date", "close_latest_date"]


@pytest.mark.parametrize(
    ("word", "known", "question"),
    [
        ("start_since", ["start_latest_date"], ""),
        ("start_newest_date", BOUNDS, "Did you mean 'start_latest_date'? "),
        ("start_after_date", BOUNDS, "Did you mean 'start_oldest_date'? "),
        ("start_latst_date", ["start_oldest_date"], ""),
        ("start_oldest_date", ["close_oldest_date"], ""),
        ("opened_status", ["close_status"], ""),
        ("closed_status", ["close_status"], "Did you mean 'close_status'? "),
        ("--started-since", ["--closed-since"], ""),
        ("--started-since", ["--closed-since", "--started-sinc"], "Did you mean '--started-sinc'? "),
        ("unregister", ["ls", "register"], ""),
        ("unregistr", ["ls", "register"], ""),
        ("deprecate", ["undeprecate"], ""),
        ("undeprecat", ["deprecate", "undeprecate"], "Did you mean 'undeprecate'? "),
        ("--no-reload", ["--reload"], ""),
        ("--relaod", ["--reload", "--no-reload"], "Did you mean '--reload'? "),
        ("--output", ["--input"], ""),
        ("ActivityTaskFailed", ["ActivityTaskCompleted"], ""),
        ("ActivityTaskFinished", ["ActivityTaskStarted"], ""),
        ("on_timer_start", ["on_timer_started"], "Did you mean 'on_timer_started'? "),
        ("start_timeout", ["start_to_close_timeout"], "Did you mean 'start_to_close_timeout'? "),
        ("eu-north-2", ["eu-south-2"], ""),
        ("create", ["deprecate", "register"], ""),
        ("--parent-workflow-id", ["--workflow-id"], ""),
        ("parent_workflow_id", ["workflow_id"], ""),
        ("on_child_workflow_execution_started", ["on_workflow_execution_started"], ""),
        ("on_activity_task_success", ["on_activity_task_canceled", "on_activity_task_scheduled"], ""),
        ("on_activity_task_succeeded", ["on_activity_task_scheduled"], ""),
        ("on_child_workflow_execution_aborted", ["on_child_workflow_execution_started"], ""),
        ("abort", ["start"], ""),
        ("import", ["export"], ""),
        ("uncanceled", ["cancel_requested", "cancel"], ""),
        ("decode", ["encode"], ""),
        ("inactive", ["active"], ""),
        ("from_date", ["to_date"], ""),
    ],
)
def test_a_word_that_says_the_opposite_is_never_asked_for(word, known, question):
    assert meant(word, known) == question


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("tag__in", "There are no lookups such as __in: 'tag' is compared as it stands. "),
        ("tga__startswith", "There are no lookups such as __startswith: 'tag' is compared as it stands. "),
        ("oldest__lte", "There are no lookups such as __lte. "),
        ("latest_date__gte", "There are no lookups such as __gte: 'latest_date' is compared as it stands. "),
        ("colour__in", "There are no lookups such as __in. "),
        ("__in", ""),
    ],
)
def test_a_lookup_of_django_s_leads_to_nothing_that_means_something_else(word, hint):
    assert meant(word, ["tag", "latest_date"]) == hint


@pytest.mark.parametrize("kind", [Domain, WorkflowType, *DECISIONS.values()])
def test_a_class_that_minds_its_keywords_still_shows_which_it_takes(kind):
    assert issubclass(kind, Spelt)
    kinds = {parameter.kind for parameter in inspect.signature(kind).parameters.values()}

    assert inspect.Parameter.VAR_KEYWORD not in kinds


def test_a_class_that_takes_any_keyword_refuses_none():
    class Anything(Spelt):
        def __init__(self, **attributes):
            self.attributes = attributes

    assert Anything(colour="red").attributes == {"colour": "red"}


def test_keywords_of_one_s_own_are_not_told():
    class Own(Spelt):
        def __init__(self, name, _secret=None):
            self.name = name

    assert Own("a", _secret=1).name == "a"
    with pytest.raises(InvalidKeywordArgumentError, match=r"Own has no attribute 'nam'\. .* There are: name\.$"):
        refuse_misspelt(Own, ["nam"])
