"""What operators see of groups: listed, filtered, described and deleted by the admin of every client."""

import pytest

import apis_groups as apis
import raw
from clients.admin import Refused
from clients.group_admin import CHANGING, GROUP_ADMINS
from conftest import unique
from disk import eventually
from group import CONFLUENT, CONFLUENT_CONSUMER, KINDS, Group
from raw_groups import commit, join

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "group.consumer.heartbeat.interval.ms": 300,
}

admins = pytest.mark.parametrize("admin", GROUP_ADMINS, ids=lambda admin: admin.name)


@pytest.fixture(scope="module")
def groups(broker):
    """A group of each kind with two members at work, and one that rests."""
    groups = {}
    try:
        with raw.Connection(broker.address) as connection:
            for kind in KINDS:
                topic = unique("topic")
                connection.create(topic, 4)
                group = groups[kind] = Group(broker.address, unique(kind.name), topic)
                strategy = "range" if kind is not CONFLUENT_CONSUMER else None
                for _ in range(2):
                    group.add(kind, strategy=strategy)
            connection.create("rests")
            assert commit(connection, "rests", "rests", 1) == 0
        for group in groups.values():
            group.wait_until_divided(4)
        yield groups
        for group in groups.values():
            group.stop()
    finally:
        for group in groups.values():
            group.abandon()


@admins
def test_groups_are_listed_with_their_state_and_type(broker, groups, admin):
    found = admin.groups(broker.address)
    for kind, group in groups.items():
        assert found[group.name] in (("Stable", kind.protocol), (None, None))
    assert found["rests"] in (("Empty", "classic"), (None, None))
    assert ((None, None) in found.values()) != admin.knows_types


@pytest.mark.parametrize("admin", CHANGING, ids=lambda admin: admin.name)
def test_lists_are_filtered_by_state_and_type(broker, groups, admin):
    stable = {group.name for group in groups.values()}
    of_type = {
        type: {group.name for kind, group in groups.items() if kind.protocol == type}
        for type in ("classic", "consumer")
    }
    assert set(admin.groups(broker.address, states=["Stable"])) == stable
    assert set(admin.groups(broker.address, states=["Empty"])) == {"rests"}
    assert set(admin.groups(broker.address, states=["Stable", "Empty"])) == stable | {"rests"}
    assert set(admin.groups(broker.address, types=["consumer"])) == of_type["consumer"]
    assert set(admin.groups(broker.address, types=["classic"])) == of_type["classic"] | {"rests"}
    assert set(admin.groups(broker.address, states=["Stable"], types=["classic"])) == of_type["classic"]
    assert admin.groups(broker.address, states=["Dead"]) == {}


@admins
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_group_is_described_with_who_owns_what(broker, groups, admin, kind):
    """The requests for classic groups know no others: who asks by them learns that there is none."""
    group = groups[kind]
    if kind is CONFLUENT_CONSUMER and admin is not GROUP_ADMINS[0]:
        try:
            assert admin.describe(broker.address, group.name) == ("Dead", "", [])
        except Refused as refused:
            assert refused.code == raw.GROUP_ID_NOT_FOUND
        return
    state, assignor, members = admin.describe(broker.address, group.name)
    assert (state, assignor) == ("Stable", "uniform" if kind is CONFLUENT_CONSUMER else "range")
    assert sorted((owned for _, owned in members), key=sorted) == sorted(
        (member.owned for member in group.members), key=sorted
    )
    assert all(client_id for client_id, _ in members)


@admins
def test_a_group_that_rests_is_described_without_members(broker, groups, admin):
    assert admin.describe(broker.address, "rests") == ("Empty", "", [])


@admins
def test_a_group_that_is_not_there(broker, admin):
    """Dead, say old versions; not found, say new ones."""
    try:
        assert admin.describe(broker.address, "no-such-group") == ("Dead", "", [])
    except Refused as refused:
        assert refused.code == raw.GROUP_ID_NOT_FOUND
    assert admin.offsets(broker.address, "no-such-group") == {}


@pytest.mark.parametrize("admin", CHANGING, ids=lambda admin: admin.name)
def test_groups_are_deleted_with_what_they_knew(broker, groups, admin, topic):
    name = unique("group")
    with raw.Connection(broker.address) as connection:
        connection.create(topic, 2)
        for partition in range(2):
            assert commit(connection, name, topic, 5, partition=partition) == 0
    admin.delete(broker.address, name)
    assert name not in admin.groups(broker.address)
    assert admin.offsets(broker.address, name) == {}
    with pytest.raises(Refused) as refused:
        admin.delete(broker.address, groups[CONFLUENT].name)
    assert refused.value.code == raw.NON_EMPTY_GROUP


def test_many_groups_are_deleted_in_one_request(broker, groups):
    """Each has its own answer."""
    with raw.Connection(broker.address) as connection:
        connection.create("many")
        names = [unique("group") for _ in range(50)]
        for name in names:
            assert commit(connection, name, "many", 1) == 0
        for version in range(3):
            asked = [*names, "no-such-group", groups[CONFLUENT].name, ""]
            answer = connection.call(apis.DELETE_GROUPS, version, groups=asked)["results"]
            errors = {found["group_id"]: found["error_code"] for found in answer}
            first = 0 if version == 0 else raw.GROUP_ID_NOT_FOUND
            assert {errors[name] for name in names} == {first}
            assert errors["no-such-group"] == raw.GROUP_ID_NOT_FOUND
            assert errors[groups[CONFLUENT].name] == raw.NON_EMPTY_GROUP
            assert errors[""] in (raw.INVALID_GROUP_ID, raw.GROUP_ID_NOT_FOUND)


def test_states_are_told_as_they_pass(broker, topic):
    """A group gathers, divides, works and rests."""
    name = unique("group")

    def state():
        with raw.Connection(broker.address) as other:
            return other.call(apis.DESCRIBE_GROUPS, 5, groups=[name])["groups"][0]["state"]

    with raw.Connection(broker.address) as first, raw.Connection(broker.address) as second:
        one = join(first, name, version=3)
        assert state() == "CompletingRebalance"
        member = {"group_id": name, "generation": 1, "member_id": one["member_id"]}
        assignments = [{"member_id": one["member_id"], "assignment": b""}]
        assert first.call(apis.SYNC_GROUP, 3, **member, assignments=assignments)["error_code"] == 0
        assert state() == "Stable"
        second.send(
            apis.JOIN_GROUP, 3, group_id=name, member_id="", protocols=[{"name": "range", "metadata": b""}]
        )
        eventually(lambda: state() == "PreparingRebalance", "the group gathers anew", 5)
        left = first.call(apis.LEAVE_GROUP, 2, group_id=name, member_id=one["member_id"])
        assert left["error_code"] == 0
        eventually(lambda: state() == "CompletingRebalance", "the second is alone", 5)
