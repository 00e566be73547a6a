"""Querysets ask SWF when rows are needed, page by page, and no more often than that."""

import pickle
import threading

import pytest

from swf.connection import Connection
from swf.exceptions import DoesNotExistError, DomainDoesNotExist, EndpointUnreachableError
from swf.models import Domain
from swf.querysets import DomainQuerySet, WorkflowExecutionQuerySet, WorkflowTypeQuerySet


@pytest.fixture
def domains(connection):
    """Five domains, from a to e."""
    for name in "abcde":
        Domain(name).save()
    return DomainQuerySet()


@pytest.fixture
def in_pages_of_two(connection):
    """Has SWF give pages of two rows where nothing smaller is asked for: fewer than asked for is always allowed."""

    def shorten(params, **_):
        params["maximumPageSize"] = min(2, params.get("maximumPageSize", 2))

    for operation in ("ListDomains", "ListOpenWorkflowExecutions", "ListWorkflowTypes"):
        connection.client.meta.events.register(f"provide-client-params.swf.{operation}", shorten)


def names(rows):
    return "".join(row.name for row in rows)


def test_nothing_is_asked_until_rows_are_needed(domains, calls):
    domains.all().filter(status="REGISTERED").exclude(name="c").reverse()[1:3]

    assert calls == []


def test_all_pages_are_read(domains, calls, in_pages_of_two):
    assert names(domains) == "abcde"
    assert calls == ["ListDomains"] * 3


def test_rows_are_kept(domains, calls):
    assert names(domains) == names(domains) == "abcde"
    assert len(domains) == 5
    assert domains[2].name == "c"
    assert domains[-1].name == "e"
    assert domains.count() == 5
    assert bool(domains)
    assert names(domains[1:3]) == "bc"
    assert domains.first().name == "a"
    assert domains.last().name == "e"
    assert repr(domains) == "[Domain('a'), Domain('b'), Domain('c'), Domain('d'), Domain('e')]"
    assert calls == ["ListDomains"]


def test_all_gives_a_queryset_that_asks_again(domains):
    assert names(domains) == "abcde"
    Domain("f").save()

    assert names(domains) == "abcde"
    assert names(domains.all()) == "abcdef"


def test_a_page_is_read_when_its_rows_are_taken(domains, calls, in_pages_of_two):
    rows = iter(domains)

    next(rows), next(rows)
    assert calls == ["ListDomains"]

    next(rows)
    assert calls == ["ListDomains"] * 2


def test_bool_reads_one_page(domains, calls, in_pages_of_two):
    assert bool(domains)
    assert calls == ["ListDomains"]


def test_nested_iterations_see_all_rows(domains, calls, in_pages_of_two):
    pairs = [(one.name, other.name) for one in domains for other in domains]

    assert len(pairs) == 25
    assert calls == ["ListDomains"] * 3


def test_threads_may_share_a_queryset(domains, calls, in_pages_of_two):
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(names(domains))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["abcde"] * 8
    assert calls == ["ListDomains"] * 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (slice(None), "abcde"),
        (slice(2), "ab"),
        (slice(1, 3), "bc"),
        (slice(3, None), "de"),
        (slice(3, 99), "de"),
        (slice(9, 99), ""),
        (slice(3, 1), ""),
        (slice(0, 0), ""),
    ],
)
def test_a_slice_gives_those_rows(domains, in_pages_of_two, wanted, found):
    assert names(domains[wanted]) == found


def test_a_slice_of_a_slice_is_counted_from_its_beginning(domains):
    assert names(domains[1:4][1:]) == "cd"
    assert names(domains[1:][:2]) == "bc"
    assert domains[1:4][-1].name == "d"
    assert domains[1:4].last().name == "d"
    assert domains[1:4].count() == 3


def test_a_slice_asks_for_no_more_than_it_shows(domains, requests):
    assert names(domains[1:3]) == "bc"

    assert requests == [("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": 3})]


def test_an_empty_slice_asks_nothing(domains, calls):
    assert list(domains[3:3]) == []
    assert calls == []


def test_a_row_by_number_asks_for_no_more_rows_than_up_to_it(domains, requests):
    assert domains[1].name == "b"

    assert requests == [("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": 2})]


def test_a_row_from_the_end_is_asked_for_in_the_other_order(domains, requests):
    assert domains[-2].name == "d"

    assert requests == [
        ("ListDomains", {"registrationStatus": "REGISTERED", "reverseOrder": True, "maximumPageSize": 2})
    ]


@pytest.mark.parametrize("place", [5, -6])
def test_a_row_that_is_not_there_is_an_index_error(domains, place):
    with pytest.raises(IndexError):
        domains[place]
    list(domains)
    with pytest.raises(IndexError):
        domains[place]


def test_first_asks_for_one_row(domains, requests):
    assert domains.first().name == "a"

    assert requests == [("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": 1})]


def test_last_asks_for_one_row_in_the_other_order(domains, requests):
    assert domains.last().name == "e"

    assert requests == [
        ("ListDomains", {"registrationStatus": "REGISTERED", "reverseOrder": True, "maximumPageSize": 1})
    ]


def test_first_reads_whole_pages_where_rows_are_filtered_here(domains, requests):
    assert domains.filter(name="d").first().name == "d"

    assert requests == [("ListDomains", {"registrationStatus": "REGISTERED"})]


def test_first_and_last_of_nothing_are_none(connection):
    assert DomainQuerySet().first() is None
    assert DomainQuerySet().last() is None
    assert DomainQuerySet().exists() is False
    assert not DomainQuerySet()


def test_reverse_gives_the_same_rows_in_the_other_order(domains, in_pages_of_two):
    assert names(domains.reverse()) == "edcba"
    assert names(domains.reverse().reverse()) == "abcde"
    assert names(domains.reverse()[:2]) == "ed"
    assert domains.reverse().last().name == "a"


def test_a_long_queryset_prints_its_beginning(connection, requests):
    for number in range(25):
        Domain(f"d{number:02}").save()
    requests.clear()

    printed = repr(DomainQuerySet())

    assert printed.startswith("[Domain('d00'), Domain('d01')")
    assert printed.endswith("Domain('d19'), ...]")
    assert requests == [("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": 21})]


def test_an_iterator_keeps_no_rows(domains, calls):
    assert names(domains.iterator()) == "abcde"
    assert names(domains.iterator(page_size=2)) == "abcde"
    assert calls == ["ListDomains"] * 4


def test_a_queryset_that_failed_half_way_begins_anew(domains, connection, in_pages_of_two):
    failing = [True]

    def refuse(params, **_):
        if failing and "nextPageToken" in params:
            params["nextPageToken"] = "no token at all"

    connection.client.meta.events.register("provide-client-params.swf.ListDomains", refuse)

    with pytest.raises(Exception, match="Invalid token"):
        list(domains)
    failing.clear()

    assert names(domains) == "abcde"


def test_an_unknown_domain_is_told_when_rows_are_needed(connection):
    for queryset in (WorkflowTypeQuerySet("nowhere"), WorkflowExecutionQuerySet("nowhere")):
        with pytest.raises(DomainDoesNotExist, match="Unknown domain: nowhere"):
            list(queryset)
    with pytest.raises(DoesNotExistError):
        WorkflowExecutionQuerySet("nowhere").count()


def test_a_queryset_keeps_to_its_own_connection(domains):
    elsewhere = Connection("http://127.0.0.1:1")

    with pytest.raises(EndpointUnreachableError):
        list(DomainQuerySet(connection=elsewhere))
    with pytest.raises(EndpointUnreachableError):
        list(Domain("a", connection=elsewhere).workflow_types)


def test_rows_are_on_the_connection_of_their_queryset(domains, connection):
    queryset = DomainQuerySet(connection=connection)

    assert queryset.first().connection is connection
    assert queryset.get("a").connection is connection


def test_a_pickled_queryset_is_asked_again(domains):
    list(domains)

    there = pickle.loads(pickle.dumps(domains.filter(status="REGISTERED")[1:3]))

    assert names(there) == "bc"
