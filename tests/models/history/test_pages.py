"""Whether events that SWF answered are all of them."""

import pytest

from swf.exceptions import EndpointUnreachableError, IncompleteAnswerError
from swf.models.history.pages import check_task, whole_history


def page(*ids):
    return [{"eventId": id} for id in ids]


def task(*ids, started, previous=0):
    return {"taskToken": "t", "startedEventId": started, "previousStartedEventId": previous, "events": page(*ids)}


@pytest.mark.parametrize(
    ("pages", "newest_first"),
    [
        ([page(1, 2, 3)], False),
        ([page(1, 2), page(3)], False),
        ([page(), page(1), page(), page(2), page()], False),
        ([page(3, 2), page(1)], True),
        ([page(), page(1)], True),
    ],
)
def test_pages_that_go_on_where_the_one_before_ended_are_a_history(pages, newest_first):
    assert list(whole_history(pages, "order-7", newest_first=newest_first)) == pages


@pytest.mark.parametrize(
    ("pages", "newest_first", "what", "missing"),
    [
        ([], False, "there are no events", "rows"),
        ([page(), page()], False, "there are no events", "rows"),
        ([page()], True, "there are no events", "rows"),
        ([page(2, 3)], False, "event 1 is missing, and event 2 stands in its place", "gap"),
        ([page(1, 2, 4)], False, "event 3 is missing, and event 4 stands in its place", "gap"),
        ([page(1, 2), page(4)], False, "event 3 is missing, and event 4 stands in its place", "gap"),
        ([page(1, 2), page(1, 2)], False, "event 3 is missing, and event 1 stands in its place", "gap"),
        ([page(2, 1)], False, "event 1 is missing, and event 2 stands in its place", "gap"),
        ([page(4, 3), page(1)], True, "event 2 is missing, and event 1 stands in its place", "gap"),
        ([page(4, 3)], True, "the oldest event is 3, and should be 1", "beginning"),
        ([page(1), [{}]], False, "{} stands among the events, and has no eventId", "gap"),
        ([page(1), [None]], False, "None stands among the events, and has no eventId", "gap"),
        ([page("1")], False, "event 1 is missing, and event '1' stands in its place", "gap"),
    ],
)
def test_a_history_with_events_missing_is_refused(pages, newest_first, what, missing):
    with pytest.raises(IncompleteAnswerError) as caught:
        list(whole_history(pages, "order-7", newest_first=newest_first))

    assert str(caught.value) == (
        f"The history of 'order-7' came in part: {what}. Ask again; if that does not help, look for a proxy that "
        "changes answers of SWF."
    )
    assert (caught.value.what, caught.value.missing) == (what, missing)
    assert isinstance(caught.value, EndpointUnreachableError)


def test_what_is_read_of_a_history_before_it_ends_is_not_held_against_it():
    pages = whole_history([page(9, 8), page(7, 6)], "order-7", newest_first=True)

    assert next(pages) == page(9, 8)


@pytest.mark.parametrize(
    "answer",
    [
        task(1, 2, 3, started=3),
        task(3, 2, 1, started=3),
        task(1, 2, 3, 4, 5, 6, 7, 8, 9, started=9, previous=3),
        task(3, 4, 5, 6, 7, 8, 9, started=9, previous=3),
        task(9, 8, 7, 6, 5, 4, 3, started=9, previous=3),
        task(9, 8, 7, 6, 5, 4, 3, 2, started=9, previous=3),
        {"startedEventId": 1, "events": ({"eventId": 1},)},
    ],
)
def test_a_decision_task_has_the_events_from_the_beginning_or_from_the_task_before_to_its_own(answer):
    check_task(answer)


@pytest.mark.parametrize(
    ("answer", "what", "missing"),
    [
        ({"taskToken": "t", "startedEventId": 3}, "there are no events", "rows"),
        ({"taskToken": "t", "startedEventId": 3, "events": None}, "there are no events", "rows"),
        ({"taskToken": "t", "startedEventId": 3, "events": "abc"}, "there are no events", "rows"),
        (task(started=3), "there are no events", "rows"),
        (task(1, 2, 4, started=4), "event 3 is missing, and event 4 stands in its place", "gap"),
        (task(4, 2, 1, started=4), "event 3 is missing, and event 2 stands in its place", "gap"),
        (task(1, 2, 2, 3, started=3), "event 3 is missing, and event 2 stands in its place", "gap"),
        (task(1, 2, started=3), "the newest event is 2, and should be 3", "end"),
        (task(2, 1, started=3), "the newest event is 2, and should be 3", "end"),
        (task(1, 2, 3, 4, started=3), "the newest event is 4, and should be 3", "end"),
        (task(1, 2, 3, started=None), "the newest event is 3, and should be None", "end"),
        (task(2, 3, started=3), "the oldest event is 2, and should be 1", "beginning"),
        (task(4, 5, 6, started=6, previous=3), "the oldest event is 4, and should be 3", "beginning"),
        (task(6, 5, 4, started=6, previous=3), "the oldest event is 4, and should be 3", "beginning"),
        ({"startedEventId": 3, "events": [7]}, "7 stands among the events, and has no eventId", "gap"),
    ],
)
def test_a_decision_task_with_events_missing_is_refused(answer, what, missing):
    with pytest.raises(IncompleteAnswerError) as caught:
        check_task(answer)

    assert (caught.value.what, caught.value.missing) == (what, missing)
