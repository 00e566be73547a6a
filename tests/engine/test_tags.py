"""Tags of domains."""

import pytest

ARN = "arn:aws:swf:us-east-1:123456789012:/domain/d"


def tag(key, value=None):
    return {"key": key} if value is None else {"key": key, "value": value}


@pytest.fixture
def tags(client, domain):
    return lambda: client.list_tags_for_resource(resourceArn=ARN)["tags"]


def test_a_domain_has_no_tags_at_first(tags):
    assert tags() == []


def test_tags_are_given_with_the_registration(client):
    client.register_domain(
        name="d", workflowExecutionRetentionPeriodInDays="1", tags=[tag("team", "red"), tag("cost center")]
    )

    assert client.list_tags_for_resource(resourceArn=ARN)["tags"] == [tag("cost center"), tag("team", "red")]


def test_tags_are_added_and_the_same_key_gets_the_new_value(client, tags):
    client.tag_resource(resourceArn=ARN, tags=[tag("team", "red"), tag("stage", "test")])

    client.tag_resource(resourceArn=ARN, tags=[tag("team", "blue"), tag("empty", "")])

    assert tags() == [tag("empty", ""), tag("stage", "test"), tag("team", "blue")]


def test_tags_are_removed_and_keys_that_are_not_there_passed_over(client, tags):
    client.tag_resource(resourceArn=ARN, tags=[tag("a", "1"), tag("b", "2")])

    client.untag_resource(resourceArn=ARN, tagKeys=["a", "never"])

    assert tags() == [tag("b", "2")]


def test_a_domain_has_fifty_tags_at_most(client, tags, refused):
    client.tag_resource(resourceArn=ARN, tags=[tag(f"k{number}") for number in range(50)])

    with refused("TooManyTagsFault"):
        client.tag_resource(resourceArn=ARN, tags=[tag("one more")])
    assert len(tags()) == 50


def test_a_domain_is_not_registered_with_too_many_tags(client, refused):
    with refused("TooManyTagsFault"):
        client.register_domain(
            name="d",
            workflowExecutionRetentionPeriodInDays="1",
            tags=[tag(f"k{number}") for number in range(51)],
        )

    assert client.list_domains(registrationStatus="REGISTERED")["domainInfos"] == []


@pytest.mark.parametrize("wrong", [tag("a#"), tag("a", "b!"), tag("a*", "b")])
def test_tags_of_other_characters_are_refused(client, tags, refused, wrong):
    with refused("ValidationException"):
        client.tag_resource(resourceArn=ARN, tags=[tag("good"), wrong])

    assert tags() == []


def test_letters_of_all_scripts_and_some_signs_are_allowed(client, tags):
    allowed = tag("größe 数 _.:/=+-@", "ü 1")

    client.tag_resource(resourceArn=ARN, tags=[allowed])

    assert tags() == [allowed]


def test_a_deprecated_domain_keeps_its_tags_and_takes_others(client, domain, tags):
    client.tag_resource(resourceArn=ARN, tags=[tag("a")])
    client.deprecate_domain(name=domain)

    client.tag_resource(resourceArn=ARN, tags=[tag("b")])

    assert tags() == [tag("a"), tag("b")]


@pytest.mark.parametrize("arn", ["nonsense", "arn:aws:s3:::bucket", "arn:aws:swf:us-east-1:123456789012:/domain/"])
def test_what_is_no_arn_of_a_domain_is_refused(client, domain, refused, arn):
    with refused("ValidationException", f"Invalid resource ARN: {arn}"):
        client.list_tags_for_resource(resourceArn=arn)


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:swf:us-east-1:123456789012:/domain/nope", "Unknown domain: nope"),
        (
            "arn:aws:swf:eu-west-1:123456789012:/domain/d",
            "Unknown resource: arn:aws:swf:eu-west-1:123456789012:/domain/d",
        ),
    ],
)
def test_an_arn_that_names_nothing_here_is_unknown(client, domain, refused, arn, message):
    for call, members in (
        (client.list_tags_for_resource, {}),
        (client.tag_resource, {"tags": [tag("a")]}),
        (client.untag_resource, {"tagKeys": ["a"]}),
    ):
        with refused("UnknownResourceFault", message):
            call(resourceArn=arn, **members)
