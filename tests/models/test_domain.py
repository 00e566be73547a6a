import copy
import pickle

import attrs
import pytest

from swf.connection import Connection
from swf.constants import DEPRECATED, REGISTERED
from swf.engine import Engine
from swf.exceptions import (
    AlreadyExistsError,
    DeprecatedError,
    DoesNotExistError,
    DomainAlreadyExists,
    DomainDoesNotExist,
    EndpointUnreachableError,
    InvalidKeywordArgumentError,
    NotSupportedError,
    ValidationError,
)
from swf.models import Domain


def test_a_domain_that_is_saved_is_there_and_synced(connection, calls):
    domain = Domain("shop", description="Orders and payments", retention_period=60)

    saved = domain.save()

    assert saved is None
    assert domain.exists is True
    assert domain.is_synced is True
    assert repr(domain.changes) == "ModelDiff()"
    assert calls == ["RegisterDomain", "DescribeDomain", "DescribeDomain", "DescribeDomain"]


def test_a_deprecation_elsewhere_is_a_change_until_the_upstream_is_taken(domain):
    Domain("shop").delete()

    assert domain.is_synced is False
    assert repr(domain.changes) == "ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))"

    domain = domain.upstream()

    assert domain.is_synced is True
    assert domain.status == DEPRECATED


def test_other_values_than_those_registered_are_changes(domain):
    declared = Domain("shop", description="Orders", retention_period=7)

    assert declared.changes == [("description", "Orders", None), ("retention_period", 7, 30)]


def test_building_a_domain_asks_nothing(calls):
    Domain("shop")

    assert calls == []


def test_a_domain_that_is_not_there_does_not_exist_and_is_not_synced(connection):
    domain = Domain("nowhere")

    assert domain.exists is False
    assert domain.is_synced is False
    with pytest.raises(Domain.DoesNotExist, match="Unknown domain: nowhere"):
        _ = domain.changes
    with pytest.raises(DomainDoesNotExist):
        domain.upstream()


def test_the_errors_of_a_domain_are_its_own_and_of_all():
    assert Domain.DoesNotExist is DomainDoesNotExist
    assert issubclass(Domain.DoesNotExist, DoesNotExistError)
    assert Domain.AlreadyExists is DomainAlreadyExists
    assert issubclass(Domain.AlreadyExists, AlreadyExistsError)


def test_whether_a_domain_exists_is_not_known_when_nothing_answers():
    domain = Domain("shop", connection=Connection("http://127.0.0.1:1"))

    with pytest.raises(EndpointUnreachableError):
        _ = domain.exists


def test_a_domain_without_a_retention_period_is_refused_before_it_is_sent(connection, calls):
    domain = Domain("shop", retention_period=None)

    with pytest.raises(ValidationError, match=r"Domain\('shop'\) has no retention_period, .* Give days, such as 30"):
        domain.save()

    assert calls == []


@pytest.mark.parametrize("connection", [5, "local:", Connection])
def test_what_is_no_connection_is_refused(connection):
    with pytest.raises(ValidationError, match="is no connection"):
        Domain("shop", connection=connection)


def test_a_misspelt_attribute_is_told_which_may_be_meant():
    with pytest.raises(InvalidKeywordArgumentError, match=r"Domain has no attribute 'nmae'\. Did you mean 'name'"):
        Domain(nmae="shop")
    with pytest.raises(
        InvalidKeywordArgumentError, match="There are: name, status, description, retention_period, arn"
    ):
        attrs.evolve(Domain("shop"), colour="red")


def test_a_subclass_may_take_what_it_likes():
    class Shop(Domain):
        def __init__(self, city):
            super().__init__(f"shop-{city}")

    assert Shop(city="paris").name == "shop-paris"


def test_a_domain_is_registered_once(domain):
    with pytest.raises(Domain.AlreadyExists) as raised:
        domain.save()

    assert raised.value.code == "DomainAlreadyExistsFault"


def test_a_deprecated_domain_is_still_there(domain):
    domain.delete()

    assert domain.exists is True
    with pytest.raises(DeprecatedError):
        domain.delete()


def test_undeprecating_registers_a_domain_again(domain):
    domain.delete()

    domain.undeprecate()

    assert domain.upstream().status == REGISTERED
    with pytest.raises(Domain.AlreadyExists):
        domain.undeprecate()


def test_a_domain_cannot_be_purged(domain):
    with pytest.raises(NotSupportedError, match=r"Domain\('shop'\). A domain cannot be deleted; delete\(\) deprecates"):
        domain.purge()


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"name": ""}, "name '' has 0 characters"),
        ({"name": "x" * 257}, "257 characters"),
        ({"name": "shop", "retention_period": 91}, "must be at most 90"),
        ({"name": "shop", "retention_period": 1.5}, "must be a whole number"),
        ({"name": "shop", "description": "x" * 1025}, "1,025 characters"),
        ({"name": "shop", "status": "GONE"}, "must be one of REGISTERED, DEPRECATED"),
    ],
)
def test_a_domain_that_swf_would_refuse_is_not_built(attributes, message):
    with pytest.raises(ValidationError, match=message):
        Domain(**attributes)


@pytest.mark.parametrize(("given", "held"), [(7, 7), ("7", 7), ("NONE", "NONE"), (0, 0)])
def test_a_retention_period_is_a_number_or_none_at_all(connection, given, held):
    domain = Domain("shop", retention_period=given)
    domain.save()

    assert domain.retention_period == held
    assert domain.upstream().retention_period == held


def test_upstream_tells_what_swf_made(domain):
    upstream = domain.upstream()

    assert upstream.arn == "arn:aws:swf:us-east-1:123456789012:/domain/shop"
    assert upstream == domain


def test_tags_are_read_in_one_call_when_the_arn_is_known(connection, calls):
    Domain("shop").save(tags={"team": "orders"})
    domain = Domain("shop").upstream()
    calls.clear()

    assert domain.tags == {"team": "orders"}
    assert calls == ["ListTagsForResource"]


def test_tags_are_added_replaced_and_removed(domain):
    domain.tag({"cost-center": "7"}, team="orders")
    domain.tag(team="payments")
    domain.untag("cost-center", "unknown")

    assert domain.tags == {"team": "payments"}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda domain: domain.tag(5), r"5 is no mapping of tags\. Give keys and values: \{'team': 'orders'\}"),
        (lambda domain: domain.tag("team"), "'team' is no mapping of tags"),
        (lambda domain: domain.tag(team=5), "value 5 must be text"),
        (lambda domain: domain.save(["team"]), r"\['team'\] is no mapping of tags"),
        (lambda domain: domain.untag(["team"]), r"key \['team'\] must be text, not list"),
        (lambda domain: domain.untag(""), "key '' has 0 characters"),
    ],
)
def test_what_is_no_tag_is_refused_before_it_is_sent(domain, calls, ask, message):
    calls.clear()

    with pytest.raises(ValidationError, match=message):
        ask(domain)

    assert calls == []


def test_a_tag_that_swf_would_refuse_is_not_sent(domain, calls):
    calls.clear()

    with pytest.raises(ValidationError, match="129 characters"):
        domain.tag({"k" * 129: "v"})

    assert "TagResource" not in calls


def test_waiting_tasks_are_counted(domain, order):
    order.start_execution("order-1")
    order.start_execution("order-2")

    assert domain.pending_decision_tasks("orders") == 2
    assert domain.pending_activity_tasks("orders") == 0


def test_domains_are_values(domain):
    same = Domain("shop", connection=Connection("http://localhost:1"))

    assert same == domain
    assert hash(same) == hash(domain)
    assert Domain("shop", retention_period=7) != domain
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        domain.name = "bank"


def test_a_pickled_domain_goes_without_its_connection(connection):
    domain = Domain("shop", connection=connection)

    there = pickle.loads(pickle.dumps(domain))

    assert there == domain
    assert there.connection is None


def test_a_copied_domain_keeps_its_connection(connection):
    domain = Domain("shop", connection=connection)

    assert copy.copy(domain).connection is connection
    assert copy.deepcopy(domain).connection is connection
    assert attrs.evolve(domain, retention_period=7).connection is connection


def test_a_domain_stays_on_its_own_connection(domain):
    with Engine() as elsewhere:
        connection = Connection.over(elsewhere)
        there = Domain("bank", connection=connection)
        there.save()

        assert there.upstream().connection is connection
        assert there.exists is True
        assert Domain("bank").exists is False


def test_a_subclass_stays_what_it_is(connection):
    class Shop(Domain):
        def opens(self):
            return f"{self.name} is open"

    shop = Shop("shop")
    shop.save()

    assert shop.upstream().opens() == "shop is open"
    assert repr(shop) == "Shop('shop')"
    assert list(Shop.objects) == [attrs.evolve(shop, retention_period=None)]


def test_a_domain_that_was_listed_reports_no_change_in_what_the_list_left_out(connection):
    Domain("shop", retention_period=7).save()

    listed = Domain.objects.first()

    assert listed.retention_period is None
    assert repr(listed.changes) == "ModelDiff()"
    assert listed.is_synced is True
