"""Committed offsets: by every client, by admins, with all that belongs to them, and how they end."""

import pytest

import apis_groups as apis
import raw
from clients.admin import ADMINS, Refused
from clients.group_admin import CHANGING, GROUP_ADMINS, KafkaPythonGroupAdmin
from clients.offsets import OFFSETS
from conftest import unique
from disk import eventually
from group import CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON, Group
from raw_groups import commit, committed, join_alone

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "group.consumer.heartbeat.interval.ms": 300,
    "offsets.retention.check.interval.ms": 200,
}

clients = pytest.mark.parametrize("client", OFFSETS, ids=lambda client: client.name)
admins = pytest.mark.parametrize("admin", CHANGING, ids=lambda admin: admin.name)


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("group")


@clients
def test_what_one_client_commits_every_other_sees(broker, connection, name, topic, client):
    connection.create(topic, 2)
    for offset in (7, 2**40):
        text = f"so far: {offset}, ♜"
        client.commit(broker.address, name, topic, offset, partition=1, metadata=text)
        for reader in OFFSETS:
            assert reader.committed(broker.address, name, topic, partition=1) == offset
            assert reader.committed(broker.address, name, topic, partition=0) is None
        for admin in GROUP_ADMINS:
            assert admin.offsets(broker.address, name) == {(topic, 1): offset}
        for admin in GROUP_ADMINS[1:]:
            assert admin.texts(broker.address, name) == {(topic, 1): client.sent(text)}


def test_offsets_outlive_a_crash_and_a_restart(own_broker):
    """One of each client, with its text; and the last of a thousand, with its leader epoch."""
    broker = own_broker({"offsets.topic.num.partitions": 3})
    with raw.Connection(broker.address) as connection:
        connection.create("topic", 4)
        for number, client in enumerate(OFFSETS):
            client.commit(
                broker.address, "group", "topic", 100 + number, partition=number, metadata=client.name
            )
        for offset in range(1000):
            assert commit(connection, "other", "topic", offset, epoch=offset % 7) == 0
    offsets = {("topic", number): 100 + number for number in range(4)}
    texts = {("topic", number): client.sent(client.name) for number, client in enumerate(OFFSETS)}
    for end in (broker.kill9, broker.stop):
        end()
        broker.start()
        assert GROUP_ADMINS[1].offsets(broker.address, "group") == offsets
        assert GROUP_ADMINS[1].texts(broker.address, "group") == texts
        with raw.Connection(broker.address) as connection:
            found = committed(connection, "other", "topic")
            assert (found["offset"], found["leader_epoch"]) == (999, 999 % 7)


def test_leader_epochs_come_back(broker, connection, name, topic):
    """What a consumer needs to notice that its log was cut: kept since version 6."""
    connection.create(topic)
    for epoch in (0, 5, 2**31 - 1, -1):
        assert commit(connection, name, topic, 1, epoch=epoch) == 0
        assert committed(connection, name, topic)["leader_epoch"] == epoch


def test_text_is_kept_up_to_its_limit(broker, connection, name, topic):
    connection.create(topic)
    for text in ("", "x" * 4096):
        assert commit(connection, name, topic, 1, metadata=text) == 0
        assert committed(connection, name, topic)["metadata"] == text
    assert commit(connection, name, topic, 2, metadata=None) == 0
    assert committed(connection, name, topic)["metadata"] == ""
    assert commit(connection, name, topic, 3, metadata="x" * 4097) == raw.OFFSET_METADATA_TOO_LARGE
    assert committed(connection, name, topic)["offset"] == 2


def test_offsets_of_what_does_not_exist(broker, connection, name, topic):
    """One bad partition does not spoil the others."""
    connection.create(topic)
    part = {"offset": 1, "metadata": ""}
    topics = [
        {"name": topic, "partitions": [{"index": 0, **part}, {"index": 1, **part}, {"index": -1, **part}]},
        {"name": "no-such-topic", "partitions": [{"index": 0, **part}]},
    ]
    answer = connection.call(apis.OFFSET_COMMIT, 8, group_id=name, topics=topics)
    errors = [[p["error_code"] for p in found["partitions"]] for found in answer["topics"]]
    unknown = raw.UNKNOWN_TOPIC_OR_PARTITION
    assert errors == [[0, unknown, unknown], [unknown]]
    for wanted, partition in ((topic, 1), ("no-such-topic", 0)):
        found = committed(connection, name, wanted, partition)
        assert (found["offset"], found["error_code"]) == (-1, 0)
    assert commit(connection, name, bytes(range(16)), 1, version=10) == raw.UNKNOWN_TOPIC_ID


def test_a_deleted_topic_takes_its_offsets_along(broker, connection, name, topic):
    """A topic of the same name begins anew."""
    connection.create(topic)
    connection.create(topic + "-other")
    assert commit(connection, name, topic, 5) == 0
    assert commit(connection, name, topic + "-other", 6) == 0
    ADMINS[0].delete(broker.address, topic)
    connection.create(topic)
    eventually(lambda: committed(connection, name, topic)["offset"] == -1, "the offset goes", 10)
    assert committed(connection, name, topic + "-other")["offset"] == 6


def test_offsets_that_say_when_they_end_do(broker, connection, name, topic):
    """Versions 2 to 4 carry a retention of their own; a member in the group holds it up."""
    connection.create(topic)
    for version in (2, 3, 4):
        assert commit(connection, name, topic, 5, version=version, retention_time_ms=300) == 0
        assert committed(connection, name, topic)["offset"] == 5
        eventually(lambda: committed(connection, name, topic)["offset"] == -1, "the offset expires", 10)
    eventually(
        lambda: name not in [g["group_id"] for g in connection.call(apis.LIST_GROUPS, 4)["groups"]],
        "the group goes, too",
        10,
    )


# What operators do


@admins
def test_an_operator_sets_offsets_of_a_group_that_rests(broker, connection, name, topic, admin):
    connection.create(topic)
    admin.set_offset(broker.address, name, topic, 0, 42)
    assert committed(connection, name, topic)["offset"] == 42
    admin.set_offset(broker.address, name, topic, 0, 7)
    assert admin.offsets(broker.address, name)[topic, 0] == 7
    with pytest.raises(Refused) as refused:
        admin.set_offset(broker.address, name, "no-such-topic", 0, 7)
    assert refused.value.code == raw.UNKNOWN_TOPIC_OR_PARTITION


@admins
@pytest.mark.parametrize("kind", [CONFLUENT, CONFLUENT_CONSUMER, KAFKA_PYTHON], ids=lambda kind: kind.name)
def test_a_group_at_work_is_left_alone(broker, connection, topic, admin, kind):
    """Neither offsets nor the group can be taken from under its members; when they are gone, both can."""
    connection.create(topic, 2)
    group = Group(broker.address, unique("group"), topic)
    try:
        group.add(kind)
        group.wait_until_divided(2)
        with pytest.raises(Refused) as refused:
            admin.set_offset(broker.address, group.name, topic, 0, 1)
        assert refused.value.code == raw.UNKNOWN_MEMBER_ID
        with pytest.raises(Refused) as refused:
            admin.delete(broker.address, group.name)
        assert refused.value.code == raw.NON_EMPTY_GROUP
        group.stop()
    finally:
        group.abandon()
    admin.set_offset(broker.address, group.name, topic, 0, 1)
    admin.delete(broker.address, group.name)
    assert committed(connection, group.name, topic)["offset"] == -1
    with pytest.raises(Refused) as refused:
        admin.delete(broker.address, group.name)
    assert refused.value.code == raw.GROUP_ID_NOT_FOUND


def test_offsets_are_deleted_one_by_one(broker, connection, topic):
    """Not of a topic that a member subscribes to."""
    admin = KafkaPythonGroupAdmin()
    connection.create(topic, 2)
    connection.create(topic + "-other")
    group = Group(broker.address, unique("group"), topic)
    for wanted, partition in ((topic, 0), (topic, 1), (topic + "-other", 0)):
        assert commit(connection, group.name, wanted, 9, partition=partition) == 0
    admin.delete_offset(broker.address, group.name, topic, 1)
    assert set(admin.offsets(broker.address, group.name)) == {(topic, 0), (topic + "-other", 0)}
    try:
        group.add(KAFKA_PYTHON)
        group.wait_until_divided(2)
        with pytest.raises(Refused) as refused:
            admin.delete_offset(broker.address, group.name, topic, 0)
        assert refused.value.code == raw.GROUP_SUBSCRIBED_TO_TOPIC
        admin.delete_offset(broker.address, group.name, topic + "-other", 0)
        group.stop()
    finally:
        group.abandon()
    assert admin.offsets(broker.address, group.name) == {(topic, 0): 9}


def test_a_member_that_an_operator_removes_is_gone(broker, connection, name, topic):
    """kafka-python names members by their id or by the name of their instance."""
    from kafka.admin import MemberToRemove

    admin = KafkaPythonGroupAdmin()
    connection.create(topic)
    # A group that has nothing is forgotten once it is empty.
    assert commit(connection, name, topic, 1) == 0
    join_alone(connection, name, instance="here")
    wanted = [MemberToRemove(group_instance_id="here")]
    answer = admin._call(broker.address, lambda client: client.remove_group_members(name, wanted))
    assert [error.errno for error in answer.values()] == [0]
    assert admin.describe(broker.address, name) == ("Empty", "", [])
