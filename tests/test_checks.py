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
