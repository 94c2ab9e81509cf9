"""Groups by hand: every version and rule of both protocols; groups that change theirs while they work."""

import pytest

import apis_groups as apis
import raw
from conftest import unique
from disk import eventually
from group import CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON, Group
from load import Load, produce_numbers
from raw_groups import arrive, beat, commit, committed, heartbeat, join, join_alone

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "group.max.session.timeout.ms": 60_000,
    "group.max.size": 5,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.session.timeout.ms": 5000,
    "group.consumer.max.size": 5,
}

NO_GROUP = "no such group"


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("group")


# Every version


@pytest.mark.parametrize("version", range(10))
def test_a_group_forms_in_every_version_of_join(connection, name, version):
    """From version 4 on a new member is first given its id; the leader learns what all members said."""
    answer = join(connection, name, version=version, protocols=[("first", b"1"), ("second", b"2")])
    if version >= 4:
        assert (answer["error_code"], answer["members"]) == (raw.MEMBER_ID_REQUIRED, [])
        member = answer["member_id"]
        assert member.startswith("raw-")
        answer = join(
            connection, name, version=version, member=member, protocols=[("first", b"1"), ("second", b"2")]
        )
    assert answer["error_code"] == 0
    assert answer["generation"] == 1
    assert answer["protocol_name"] == "first"
    assert answer["leader"] == answer["member_id"]
    [seen] = answer["members"]
    assert (seen["member_id"], seen["metadata"]) == (answer["member_id"], b"1")


@pytest.mark.parametrize("version", range(6))
def test_every_version_of_sync_hands_out_what_the_leader_says(connection, name, version):
    answer = join(connection, name, version=3)
    fields = {"protocol_type": "consumer", "protocol_name": "range"} if version >= 5 else {}
    member = answer["member_id"]
    synced = connection.call(
        apis.SYNC_GROUP,
        version,
        group_id=name,
        generation=1,
        member_id=member,
        assignments=[{"member_id": member, "assignment": b"yours"}],
        **fields,
    )
    assert (synced["error_code"], synced["assignment"]) == (0, b"yours")
    if version >= 5:
        assert (synced["protocol_type"], synced["protocol_name"]) == ("consumer", "range")


@pytest.mark.parametrize("version", range(5))
def test_every_version_of_heartbeat_knows_the_members(connection, name, version):
    member, generation = join_alone(connection, name)

    def beat(**fields):
        return connection.call(apis.HEARTBEAT, version, **fields)["error_code"]

    assert beat(group_id=name, generation=generation, member_id=member) == 0
    assert beat(group_id=name, generation=generation + 1, member_id=member) == raw.ILLEGAL_GENERATION
    assert beat(group_id=name, generation=generation, member_id="other") == raw.UNKNOWN_MEMBER_ID
    assert beat(group_id=NO_GROUP, generation=generation, member_id=member) == raw.UNKNOWN_MEMBER_ID


@pytest.mark.parametrize("version", range(6))
def test_every_version_of_leave_ends_membership(connection, name, version):
    member, generation = join_alone(connection, name)

    def leave(who):
        if version < 3:
            return connection.call(apis.LEAVE_GROUP, version, group_id=name, member_id=who)["error_code"]
        answer = connection.call(apis.LEAVE_GROUP, version, group_id=name, members=[{"member_id": who}])
        assert answer["error_code"] == 0
        return answer["members"][0]["error_code"]

    assert leave("other") == raw.UNKNOWN_MEMBER_ID
    assert leave(member) == 0
    assert heartbeat(connection, name, generation, member) == raw.UNKNOWN_MEMBER_ID
    [group] = connection.call(apis.DESCRIBE_GROUPS, 5, groups=[name])["groups"]
    assert (group["state"], group["members"]) == ("Empty", [])


@pytest.mark.parametrize("version", range(2, 11))
def test_every_version_of_commit_and_fetch(connection, name, topic, version):
    topic_id = connection.create(topic)
    wanted = topic_id if version >= 10 else topic
    assert commit(connection, name, wanted, 5, metadata="mine", epoch=3, version=version) == 0
    for reading in range(1, 11):
        found = committed(connection, name, topic_id if reading >= 10 else topic, version=reading)
        assert (found["offset"], found["metadata"], found["error_code"]) == (5, "mine", 0)
        if reading >= 5:
            assert found["leader_epoch"] == (3 if version >= 6 else -1)
    missing = committed(connection, "nobody", topic, version=7)
    assert (missing["offset"], missing["leader_epoch"], missing["metadata"]) == (-1, -1, "")


def test_a_fetch_of_everything_and_of_many_groups(connection, name, topic):
    connection.create(topic, 3)
    for group in (name, name + "-2"):
        for partition in range(2):
            assert commit(connection, group, topic, 10 + partition, partition=partition) == 0
    for version in range(2, 8):
        [found] = connection.call(apis.OFFSET_FETCH, version, group_id=name, topics=None)["topics"]
        assert {p["index"]: p["offset"] for p in found["partitions"]} == {0: 10, 1: 11}
    for version in (8, 9):
        groups = [{"group_id": group, "topics": None} for group in (name, name + "-2", NO_GROUP)]
        answers = connection.call(apis.OFFSET_FETCH, version, groups=groups)["groups"]
        assert [len(answer["topics"]) for answer in answers] == [1, 1, 0]
        assert [answer["error_code"] for answer in answers] == [0, 0, 0]


@pytest.mark.parametrize("version", range(7))
def test_every_version_of_describe(connection, name, version):
    member, _ = join_alone(connection, name, b"bytes of no known form", protocols=[("range", b"\x00")])
    [group, missing] = connection.call(apis.DESCRIBE_GROUPS, version, groups=[name, NO_GROUP])["groups"]
    assert (group["state"], group["protocol_type"], group["protocol"]) == ("Stable", "consumer", "range")
    [described] = group["members"]
    assert (described["member_id"], described["client_id"]) == (member, "raw")
    assert described["client_host"] == "/127.0.0.1"
    assert (described["metadata"], described["assignment"]) == (b"\x00", b"bytes of no known form")
    assert missing["state"] == "Dead"
    assert missing["error_code"] == (raw.GROUP_ID_NOT_FOUND if version >= 6 else 0)


@pytest.mark.parametrize("version", range(6))
def test_every_version_of_list(connection, name, version):
    join_alone(connection, name)
    found = {group["group_id"]: group for group in connection.call(apis.LIST_GROUPS, version)["groups"]}
    assert found[name]["protocol_type"] == "consumer"
    if version >= 4:
        assert found[name]["state"] == "Stable"
        empty = connection.call(apis.LIST_GROUPS, version, states=["Empty"])["groups"]
        assert name not in [group["group_id"] for group in empty]
    if version >= 5:
        assert found[name]["type"] == "classic"
        consumers = connection.call(apis.LIST_GROUPS, version, types=["consumer"])["groups"]
        assert name not in [group["group_id"] for group in consumers]


# Rules of the classic protocol


def test_the_protocol_that_most_prefer_is_chosen(broker, name):
    """Only what all members know counts; whoever knows none of it is refused."""
    with raw.Connection(broker.address) as first, raw.Connection(broker.address) as second:
        one = join(first, name, version=3, protocols=[("a", b""), ("b", b""), ("c", b"")])
        number = second.send(
            apis.JOIN_GROUP,
            3,
            group_id=name,
            member_id="",
            session_timeout_ms=10_000,
            protocols=[{"name": "c", "metadata": b""}, {"name": "b", "metadata": b""}],
        )
        eventually(
            lambda: heartbeat_of(first, name, one) == raw.REBALANCE_IN_PROGRESS, "a rebalance begins", 5, 0.02
        )
        again = join(first, name, member=one["member_id"], version=3, protocols=[("b", b""), ("c", b"")])
        other = second.receive(apis.JOIN_GROUP, 3, number)
        assert (again["protocol_name"], other["protocol_name"]) in {("b", "b"), ("c", "c")}
        assert len(again["members"]) == 2
        assert other["members"] == []
        for protocols, type in (([("d", b"")], "consumer"), ([("b", b"")], "connect"), ([], "consumer")):
            refused = join(first, name, version=3, protocols=protocols, protocol_type=type)
            assert refused["error_code"] == raw.INCONSISTENT_GROUP_PROTOCOL


def heartbeat_of(connection, group, joined):
    return heartbeat(connection, group, joined["generation"], joined["member_id"])


@pytest.mark.parametrize("session", [999, 60_001, -1, 0, 2**31 - 1])
def test_sessions_outside_the_limits_are_refused(connection, name, session):
    answer = join(connection, name, version=5, session_timeout_ms=session)
    assert answer["error_code"] == raw.INVALID_SESSION_TIMEOUT


def test_a_group_has_no_more_members_than_it_may(broker, name):
    with raw.Connection(broker.address) as connection:
        ids = [join(connection, name, version=5)["member_id"] for _ in range(8)]
        for member in ids[:5]:
            connection.send(
                apis.JOIN_GROUP,
                5,
                group_id=name,
                member_id=member,
                protocols=[{"name": "r", "metadata": b""}],
            )
        with raw.Connection(broker.address) as other:

            def size():
                [group] = other.call(apis.DESCRIBE_GROUPS, 5, groups=[name])["groups"]
                return len(group["members"]) == 5

            eventually(size, "five are in", 5)
            refused = join(other, name, member=ids[5], version=5, protocols=[("r", b"")])
            assert refused["error_code"] == raw.GROUP_MAX_SIZE_REACHED


def test_a_session_that_ends_ends_membership(connection, name):
    member, generation = join_alone(connection, name, session_timeout_ms=1000)
    eventually(
        lambda: connection.call(apis.DESCRIBE_GROUPS, 5, groups=[name])["groups"][0]["state"] == "Empty",
        "the member is given up",
        5,
    )
    assert heartbeat(connection, name, generation, member) == raw.UNKNOWN_MEMBER_ID
    assert join(connection, name, member=member)["error_code"] == raw.UNKNOWN_MEMBER_ID


def test_static_members_are_fenced_by_their_successors(connection, name, topic):
    connection.create(topic)
    old, generation = join_alone(connection, name, b"all", instance="here")
    answer = join(connection, name, instance="here")
    new = answer["member_id"]
    assert (answer["error_code"], answer["generation"]) == (0, generation)
    assert new != old
    assert heartbeat(connection, name, generation, old, "here") == raw.FENCED_INSTANCE_ID
    refused = commit(connection, name, topic, 1, generation=generation, member=old, instance="here")
    assert refused == raw.FENCED_INSTANCE_ID
    assert heartbeat(connection, name, generation, new, "here") == 0
    assert commit(connection, name, topic, 1, generation=generation, member=new, instance="here") == 0
    # An operator removes it by its name.
    left = connection.call(apis.LEAVE_GROUP, 4, group_id=name, members=[{"instance_id": "here"}])
    assert [m["error_code"] for m in left["members"]] == [0]


def test_only_members_of_the_generation_commit(connection, name, topic):
    connection.create(topic)
    member, generation = join_alone(connection, name)
    assert commit(connection, name, topic, 1) == raw.UNKNOWN_MEMBER_ID
    assert commit(connection, name, topic, 1, generation=generation, member="x") == raw.UNKNOWN_MEMBER_ID
    assert commit(connection, name, topic, 1, generation=9, member=member) == raw.ILLEGAL_GENERATION
    assert commit(connection, name, topic, 1, generation=generation, member=member) == 0
    assert commit(connection, NO_GROUP, topic, 1, generation=1, member="x") == raw.ILLEGAL_GENERATION


# The consumer protocol by hand


def test_a_consumer_member_is_given_partitions_and_confirms_them(connection, name, topic):
    topic_id = connection.create(topic, 3)
    answer = arrive(connection, name, "one", topic)
    assert (answer["error_code"], answer["member_id"], answer["heartbeat_interval_ms"]) == (0, "one", 300)
    assert answer["member_epoch"] > 0
    assert answer["assignment"]["topics"] == [{"topic_id": topic_id, "partitions": [0, 1, 2]}]
    owned = answer["assignment"]["topics"]
    again = beat(connection, name, "one", answer["member_epoch"], owned=owned)
    assert (again["error_code"], again["assignment"]) == (0, None)
    [group] = connection.call(apis.CONSUMER_GROUP_DESCRIBE, 1, groups=[name])["groups"]
    assert (group["state"], group["assignor"]) == ("Stable", "uniform")
    [member] = group["members"]
    assert (member["member_id"], member["names"], member["type"]) == ("one", [topic], 1)
    assert member["assignment"]["topics"] == [{"topic_id": topic_id, "name": topic, "partitions": [0, 1, 2]}]
    assert member["target"] == member["assignment"]
    left = beat(connection, name, "one", -1)
    assert (left["error_code"], left["member_epoch"]) == (0, -1)


def test_partitions_are_handed_over_only_when_they_were_given_up(connection, name, topic):
    """The second member waits for the first to say that it has stopped."""
    connection.create(topic, 2)
    first = arrive(connection, name, "one", topic)
    owned = first["assignment"]["topics"]
    second = arrive(connection, name, "two", topic)
    assert second["assignment"] == {"topics": []}
    told = beat(connection, name, "one", first["member_epoch"], owned=owned)
    kept = told["assignment"]["topics"]
    assert len(kept[0]["partitions"]) == 1
    waiting = beat(connection, name, "two", second["member_epoch"], owned=[])
    assert waiting["assignment"] in (None, {"topics": []})
    confirmed = beat(connection, name, "one", told["member_epoch"], owned=kept)
    assert confirmed["error_code"] == 0
    given = beat(connection, name, "two", second["member_epoch"], owned=[])
    assert len(given["assignment"]["topics"][0]["partitions"]) == 1
    assert given["assignment"]["topics"] != kept


def test_wrong_epochs_are_fenced(connection, name, topic):
    connection.create(topic)
    answer = arrive(connection, name, "one", topic)
    epoch = answer["member_epoch"]
    assert beat(connection, name, "one", epoch + 1, owned=[])["error_code"] == raw.FENCED_MEMBER_EPOCH
    assert beat(connection, name, "two", epoch, owned=[])["error_code"] == raw.UNKNOWN_MEMBER_ID
    assert beat(connection, NO_GROUP, "one", epoch, owned=[])["error_code"] == raw.GROUP_ID_NOT_FOUND
    stale = commit(connection, name, topic, 1, generation=epoch - 1, member="one", version=9)
    assert stale == raw.STALE_MEMBER_EPOCH
    assert commit(connection, name, topic, 1, generation=epoch, member="one", version=9) == 0
    assert (
        commit(connection, name, topic, 1, generation=epoch, member="two", version=9) == raw.UNKNOWN_MEMBER_ID
    )


@pytest.mark.parametrize(
    "fields, error",
    [
        ({"assignor": "no such"}, raw.UNSUPPORTED_ASSIGNOR),
        ({"regex": "a(b", "names": None}, raw.INVALID_REGULAR_EXPRESSION),
        ({"rebalance_timeout_ms": -1}, raw.INVALID_REQUEST),
        ({"owned": None}, raw.INVALID_REQUEST),
        ({"names": None}, raw.INVALID_REQUEST),
        ({"instance_id": ""}, raw.INVALID_REQUEST),
        ({"owned": [{"topic_id": b"x" * 16, "partitions": [0]}]}, raw.INVALID_REQUEST),
    ],
    ids=["assignor", "pattern", "no-timeout", "null-owned", "no-topics", "empty-instance", "owned-at-join"],
)
def test_senseless_joins_are_refused(connection, name, topic, fields, error):
    connection.create(topic)
    assert arrive(connection, name, "one", topic, **fields)["error_code"] == error


def test_a_consumer_group_has_no_more_members_than_it_may(connection, name, topic):
    connection.create(topic)
    for number in range(5):
        assert arrive(connection, name, f"member-{number}", topic)["error_code"] == 0
    assert arrive(connection, name, "member-5", topic)["error_code"] == raw.GROUP_MAX_SIZE_REACHED


# From one protocol to the other


def type_of(connection, group):
    found = [g for g in connection.call(apis.LIST_GROUPS, 5)["groups"] if g["group_id"] == group]
    return found[0]["type"].lower() if found else None


@pytest.mark.parametrize("classic", [CONFLUENT, KAFKA_PYTHON], ids=lambda kind: kind.name)
def test_members_change_the_protocol_one_by_one_and_back(broker, topic, classic):
    """Three classic members are replaced under load by members of the consumer protocol, and those by classic
    ones: nobody has to stop first, and no record is skipped."""
    group = Group(broker.address, unique("group"), topic)
    try:
        with raw.Connection(broker.address) as connection:
            connection.create(topic, 6)
        with raw.Connection(broker.address) as connection, Load(broker.address, topic, 6) as load:
            for _ in range(3):
                group.add(classic, session_ms=5000)
            group.wait_until_divided(6)
            assert type_of(connection, group.name) == "classic"
            for kind, expected in ((CONFLUENT_CONSUMER, "consumer"), (classic, "classic")):
                for old in list(group.members):
                    group.add(kind, session_ms=5000)
                    old.stop()
                    group.wait_until_divided(6)
                assert type_of(connection, group.name) == expected
            acknowledged = load.stop()
        group.wait_for(acknowledged)
        group.stop()
    finally:
        group.abandon()


@pytest.mark.parametrize(
    "first, second",
    [(CONFLUENT, CONFLUENT_CONSUMER), (CONFLUENT_CONSUMER, CONFLUENT)],
    ids=["upgrade", "downgrade"],
)
def test_a_group_that_stands_still_changes_its_protocol_with_its_offsets(broker, topic, first, second):
    group = Group(broker.address, unique("group"), topic)
    try:
        with raw.Connection(broker.address) as connection:
            connection.create(topic, 2)
            for kind, numbers in ((first, range(20)), (second, range(20, 40))):
                member = group.add(kind)
                group.wait_until_divided(2)
                produce_numbers(broker.address, topic, 2, numbers)
                group.wait_for(map(str, numbers))
                eventually(
                    lambda numbers=numbers: (
                        sum(committed(connection, group.name, topic, number)["offset"] for number in range(2))
                        == numbers.stop
                    ),
                    "all is committed",
                    10,
                )
                member.stop()
        assert len(group.records) == 40
    finally:
        group.abandon()
