"""Domains: registered, described, listed, deprecated and registered again."""

import pytest


@pytest.fixture
def register(client):
    return lambda name, **members: client.register_domain(
        **{"name": name, "workflowExecutionRetentionPeriodInDays": "7", **members}
    )


def names(answer):
    return [info["name"] for info in answer["domainInfos"]]


def test_a_registered_domain_is_described_with_all_it_was_given(client, register):
    register("shop", description="what we sell", workflowExecutionRetentionPeriodInDays="30")

    described = client.describe_domain(name="shop")

    assert described["domainInfo"] == {
        "name": "shop",
        "status": "REGISTERED",
        "description": "what we sell",
        "arn": "arn:aws:swf:us-east-1:123456789012:/domain/shop",
    }
    assert described["configuration"] == {"workflowExecutionRetentionPeriodInDays": "30"}


def test_a_domain_without_a_description_is_described_without_one(client, register):
    register("shop")

    assert "description" not in client.describe_domain(name="shop")["domainInfo"]


@pytest.mark.parametrize("days", ["0", "90", "NONE"])
def test_a_retention_is_told_as_it_was_given(client, register, days):
    register("shop", workflowExecutionRetentionPeriodInDays=days)

    configuration = client.describe_domain(name="shop")["configuration"]

    assert configuration == {"workflowExecutionRetentionPeriodInDays": days}


def test_a_name_is_taken_once(register, refused):
    register("shop")

    with refused("DomainAlreadyExistsFault", "shop"):
        register("shop")


def test_the_name_of_a_deprecated_domain_stays_taken(client, register, refused):
    register("shop")
    client.deprecate_domain(name="shop")

    with refused("DomainAlreadyExistsFault", "shop"):
        register("shop")


def test_names_differ_by_case(client, register):
    register("shop")
    register("Shop")

    assert names(client.list_domains(registrationStatus="REGISTERED")) == ["Shop", "shop"]


def test_domains_are_listed_by_status_and_name(client, register):
    for name in ("pear", "apple", "fig", "banana"):
        register(name)
    client.deprecate_domain(name="fig")

    assert names(client.list_domains(registrationStatus="REGISTERED")) == ["apple", "banana", "pear"]
    assert names(client.list_domains(registrationStatus="REGISTERED", reverseOrder=True)) == ["pear", "banana", "apple"]
    assert names(client.list_domains(registrationStatus="DEPRECATED")) == ["fig"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_pages_of_domains_follow_each_other_without_gaps(client, register, size, reverse):
    for name in ("a", "b", "c", "d", "e"):
        register(name)

    pages = client.get_paginator("list_domains").paginate(
        registrationStatus="REGISTERED", maximumPageSize=size, reverseOrder=reverse
    )
    listed = [names(page) for page in pages]

    assert [item for page in listed for item in page] == (
        ["e", "d", "c", "b", "a"] if reverse else ["a", "b", "c", "d", "e"]
    )
    assert [len(page) for page in listed[:-1]] == [size] * (len(listed) - 1)


def test_a_last_page_that_is_full_has_no_token(client, register):
    register("a")
    register("b")

    assert "nextPageToken" not in client.list_domains(registrationStatus="REGISTERED", maximumPageSize=2)


def test_a_page_size_of_zero_is_the_largest(client, register):
    for name in ("a", "b", "c"):
        register(name)

    assert names(client.list_domains(registrationStatus="REGISTERED", maximumPageSize=0)) == ["a", "b", "c"]


def test_a_deprecated_domain_is_still_described(client, register):
    register("shop")

    client.deprecate_domain(name="shop")

    assert client.describe_domain(name="shop")["domainInfo"]["status"] == "DEPRECATED"


def test_deprecating_a_domain_deprecates_its_types(client, domain):
    client.deprecate_domain(name=domain)

    for listed in (client.list_workflow_types, client.list_activity_types):
        assert listed(domain=domain, registrationStatus="REGISTERED")["typeInfos"] == []
    assert len(client.list_activity_types(domain=domain, registrationStatus="DEPRECATED")["typeInfos"]) == 2


@pytest.mark.parametrize("other", ["a", "z"])
def test_deprecating_a_domain_leaves_the_types_of_others_alone(client, domain, register, other):
    register(other)

    client.deprecate_domain(name=other)

    assert len(client.list_activity_types(domain=domain, registrationStatus="REGISTERED")["typeInfos"]) == 2


def test_a_domain_is_deprecated_once(client, register, refused):
    register("shop")
    client.deprecate_domain(name="shop")

    with refused("DomainDeprecatedFault", "shop"):
        client.deprecate_domain(name="shop")


def test_an_undeprecated_domain_is_registered_and_its_types_stay_deprecated(client, domain):
    client.deprecate_domain(name=domain)

    client.undeprecate_domain(name=domain)

    assert client.describe_domain(name=domain)["domainInfo"]["status"] == "REGISTERED"
    assert client.list_workflow_types(domain=domain, registrationStatus="REGISTERED")["typeInfos"] == []


def test_a_registered_domain_cannot_be_undeprecated(client, register, refused):
    register("shop")

    with refused("DomainAlreadyExistsFault", "shop"):
        client.undeprecate_domain(name="shop")


def test_executions_of_a_deprecated_domain_go_on(client, domain, execution, decider, worker):
    client.deprecate_domain(name=domain)

    decider.answer()
    execution.signal()
    decider.answer()

    assert execution.history().names[-3:] == ["DecisionTaskScheduled", "DecisionTaskStarted", "DecisionTaskCompleted"]


def test_nothing_is_started_or_registered_in_a_deprecated_domain(client, domain, start, refused):
    client.deprecate_domain(name=domain)

    with refused("DomainDeprecatedFault", "d"):
        start()
    with refused("DomainDeprecatedFault", "d"):
        client.register_workflow_type(domain=domain, name="New", version="1")
    with refused("DomainDeprecatedFault", "d"):
        client.register_activity_type(domain=domain, name="New", version="1")


TYPE = {"name": "t", "version": "1"}
RUN = {"workflowId": "w", "runId": "r"}
SINCE = {"oldestDate": 0}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("describe_domain", None),
        ("deprecate_domain", None),
        ("undeprecate_domain", None),
        ("register_workflow_type", TYPE),
        ("register_activity_type", TYPE),
        ("describe_workflow_type", {"workflowType": TYPE}),
        ("describe_activity_type", {"activityType": TYPE}),
        ("list_workflow_types", {"registrationStatus": "REGISTERED"}),
        ("list_activity_types", {"registrationStatus": "REGISTERED"}),
        ("deprecate_workflow_type", {"workflowType": TYPE}),
        ("deprecate_activity_type", {"activityType": TYPE}),
        ("undeprecate_workflow_type", {"workflowType": TYPE}),
        ("undeprecate_activity_type", {"activityType": TYPE}),
        ("delete_workflow_type", {"workflowType": TYPE}),
        ("delete_activity_type", {"activityType": TYPE}),
        ("start_workflow_execution", {"workflowId": "w", "workflowType": TYPE}),
        ("signal_workflow_execution", {"workflowId": "w", "signalName": "s"}),
        ("request_cancel_workflow_execution", {"workflowId": "w"}),
        ("terminate_workflow_execution", {"workflowId": "w"}),
        ("describe_workflow_execution", {"execution": RUN}),
        ("get_workflow_execution_history", {"execution": RUN}),
        ("list_open_workflow_executions", {"startTimeFilter": SINCE}),
        ("list_closed_workflow_executions", {"closeTimeFilter": SINCE}),
        ("count_open_workflow_executions", {"startTimeFilter": SINCE}),
        ("count_closed_workflow_executions", {"startTimeFilter": SINCE}),
        ("count_pending_activity_tasks", {"taskList": {"name": "l"}}),
        ("count_pending_decision_tasks", {"taskList": {"name": "l"}}),
        ("poll_for_decision_task", {"taskList": {"name": "l"}}),
        ("poll_for_activity_task", {"taskList": {"name": "l"}}),
    ],
)
def test_an_unknown_domain_is_told_by_every_operation(client, refused, operation, request_):
    named = {"name": "nope"} if request_ is None else {"domain": "nope", **request_}

    with refused("UnknownResourceFault", "Unknown domain: nope"):
        getattr(client, operation)(**named)
