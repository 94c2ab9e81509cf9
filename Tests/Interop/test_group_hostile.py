"""What nobody should send to a group: nonsense, patterns that never end, too much of everything."""

import struct

import pytest

import apis_groups as apis
import raw
from conftest import unique
from raw_groups import arrive, beat, commit, committed, heartbeat, join, join_alone

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "group.consumer.heartbeat.interval.ms": 300,
    # One coordinator for all: what harms it harms everybody.
    "offsets.topic.num.partitions": 1,
}

MEGABYTE = 1024 * 1024


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address, seconds=30) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("group")


@pytest.fixture(autouse=True)
def serves_others(broker, connection):
    """A group that was there before goes on in its generation."""
    group = unique("other")
    member, generation = join_alone(connection, group, b"what it does", session_timeout_ms=60_000)
    yield
    with raw.Connection(broker.address) as other:
        assert heartbeat(other, group, generation, member) == 0
    assert broker.is_running


@pytest.mark.parametrize(
    "group",
    ["", "x" * 32_767, "grüße/♜", " ", "a\nb"],
    ids=["empty", "very-long", "unicode", "space", "newline"],
)
def test_group_ids_of_any_shape(connection, topic, group):
    """Only the empty one is refused to members; the offsets of any can be kept."""
    connection.create(topic)
    if group == "":
        assert join(connection, group)["error_code"] == raw.INVALID_GROUP_ID
    else:
        member, generation = join_alone(connection, group)
        assert commit(connection, group, topic, 3, generation=generation, member=member) == 0
        assert committed(connection, group, topic)["offset"] == 3
        assert group in [found["group_id"] for found in connection.call(apis.LIST_GROUPS, 4)["groups"]]


def test_ten_thousand_protocols_and_a_megabyte_of_metadata(broker, connection, name):
    """A member may say much; the broker keeps it within its bounds and goes on."""
    protocols = [(f"protocol-{number}", b"x" * 10) for number in range(10_000)]
    first = join(connection, name, version=3, protocols=protocols)
    assert first["error_code"] == 0
    assert first["protocol_name"] == "protocol-0"
    big = join(connection, name + "-big", version=3, protocols=[("range", bytes(1_000_000))])
    if big["error_code"] == 0:
        [member] = big["members"]
        assert len(member["metadata"]) == 1_000_000
        synced = connection.call(
            apis.SYNC_GROUP,
            3,
            group_id=name + "-big",
            generation=1,
            member_id=big["member_id"],
            assignments=[{"member_id": big["member_id"], "assignment": bytes(900_000)}],
        )
        # What does not fit into a record of the log is refused as Kafka refuses it.
        assert synced["error_code"] in (0, raw.MESSAGE_TOO_LARGE, -1)
    assert join_alone(connection, name + "-after")[1] == 1
    assert broker.is_running


def metadata_of(*topics):
    """A ConsumerProtocolSubscription of version 0."""
    data = struct.pack(">hi", 0, len(topics))
    for topic in topics:
        data += struct.pack(">h", len(topic)) + topic.encode()
    return data + struct.pack(">i", -1)


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"\x00",
        b"\xff" * 40,
        struct.pack(">hi", 0, 2**31 - 1),
        struct.pack(">hi", 3, -1),
        struct.pack(">hih", 0, 1, -1),
        metadata_of("t")[:-3],
        struct.pack(">hih", 0, 1, 32_767) + b"abc",
    ],
    ids=[
        "none",
        "one-byte",
        "ones",
        "endless",
        "null-topics",
        "null-topic",
        "cut-off",
        "name-beyond-the-end",
    ],
)
def test_embedded_metadata_that_makes_no_sense(broker, connection, name, topic, metadata):
    """It is the clients' affair in the classic protocol: the group forms, the broker just knows no topics.
    A member of the other protocol may not come then, and nothing breaks."""
    connection.create(topic)
    member, generation = join_alone(connection, name, b"\x00\x00", protocols=[("range", metadata)])
    answer = connection.call(
        apis.OFFSET_DELETE, 0, group_id=name, topics=[{"name": topic, "partitions": [{"index": 0}]}]
    )
    assert answer["error_code"] in (0, raw.NON_EMPTY_GROUP)
    other = connection.call(
        apis.CONSUMER_GROUP_HEARTBEAT,
        1,
        group_id=name,
        member_id="m",
        member_epoch=0,
        names=[topic],
        owned=[],
        rebalance_timeout_ms=5000,
    )
    assert other["error_code"] != -1, other
    assert heartbeat(connection, name, generation, member) in (
        0,
        raw.REBALANCE_IN_PROGRESS,
        raw.UNKNOWN_MEMBER_ID,
    )
    assert broker.is_running


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(.*)*x", "a{1000}{1000}", "(" * 500 + ")" * 500, ".*" * 2000 + "b"],
    ids=["nested", "stars", "counts", "parentheses", "long"],
)
def test_patterns_cannot_stop_the_broker(broker, connection, name, pattern):
    """Refused or matched, but soon, while others are served."""
    connection.create(unique("a" * 200))
    answer = arrive(connection, name, "one", names=None, regex=pattern)
    assert answer["error_code"] in (0, raw.INVALID_REGULAR_EXPRESSION)
    with raw.Connection(broker.address, seconds=3) as other:
        assert other.call(raw.apis.API_VERSIONS, 3)["error_code"] == 0
        assert (
            beat(other, name + "-x", "m", 0, names=["t"], owned=[], rebalance_timeout_ms=1)["error_code"] == 0
        )


MANY = 20_000


@pytest.mark.parametrize(
    "api, version, fields",
    [
        (apis.DESCRIBE_GROUPS, 5, {"groups": [f"g{n}" for n in range(MANY)]}),
        (apis.CONSUMER_GROUP_DESCRIBE, 1, {"groups": [f"g{n}" for n in range(MANY)]}),
        (apis.DELETE_GROUPS, 2, {"groups": [f"g{n}" for n in range(MANY)]}),
        (apis.LIST_GROUPS, 5, {"states": [f"s{n}" for n in range(MANY)]}),
        (apis.LEAVE_GROUP, 4, {"group_id": "g", "members": [{"member_id": f"m{n}"} for n in range(MANY)]}),
        (apis.OFFSET_FETCH, 8, {"groups": [{"group_id": f"g{n}", "topics": None} for n in range(MANY)]}),
        (apis.OFFSET_FETCH, 7, {"group_id": "g", "topics": [{"name": "t", "indexes": list(range(MANY))}]}),
        (
            apis.OFFSET_DELETE,
            0,
            {
                "group_id": "g",
                "topics": [{"name": f"t{n}", "partitions": [{"index": 0}]} for n in range(MANY)],
            },
        ),
    ],
    ids=[
        "describe",
        "describe-new",
        "delete",
        "list",
        "leave",
        "fetch-groups",
        "fetch-partitions",
        "offset-delete",
    ],
)
def test_requests_with_very_many_parts_are_answered(broker, api, version, fields):
    """In bounded time and memory, while others are served."""
    before = broker.memory()
    with raw.Connection(broker.address, seconds=30) as greedy:
        number = greedy.send(api, version, **fields)
        with raw.Connection(broker.address) as other:
            assert other.call(raw.apis.API_VERSIONS, 3)["error_code"] == 0
        greedy.receive(api, version, number)
    assert broker.memory() - before < 128 * MEGABYTE


def test_commits_larger_than_a_batch_are_kept(broker, connection, name, topic):
    """Ten thousand partitions' worth of text in one request, 40 MB; after it others commit as before."""
    connection.create(topic)
    parts = [{"index": 0, "offset": number, "metadata": "x" * 4000} for number in range(10_000)]
    answer = connection.call(
        apis.OFFSET_COMMIT, 8, group_id=name, topics=[{"name": topic, "partitions": parts}]
    )
    assert {part["error_code"] for part in answer["topics"][0]["partitions"]} == {0}
    assert committed(connection, name, topic)["offset"] == 9_999
    assert commit(connection, name, topic, 1) == 0


@pytest.mark.parametrize("size", [2, 20, 60], ids=lambda size: f"{size}-mb")
def test_a_member_that_says_far_too_much_harms_nobody_else(connection, name, size):
    """It may be refused, when it joins or when its group is to be stored; the others go on."""
    answer = join(connection, name, version=3, protocols=[("range", bytes(size * MEGABYTE))])
    if answer["error_code"] == 0:
        connection.call(
            apis.SYNC_GROUP,
            3,
            group_id=name,
            generation=answer["generation"],
            member_id=answer["member_id"],
            assignments=[{"member_id": answer["member_id"], "assignment": b"all"}],
        )


@pytest.mark.parametrize("size", [2, 20, 60], ids=lambda size: f"{size}-mb")
def test_an_assignment_that_is_far_too_large_harms_nobody_else(connection, name, size):
    answer = join(connection, name, version=3)
    member = answer["member_id"]
    assignments = [{"member_id": member, "assignment": bytes(size * MEGABYTE)}]
    connection.call(
        apis.SYNC_GROUP,
        3,
        group_id=name,
        generation=answer["generation"],
        member_id=member,
        assignments=assignments,
    )


@pytest.mark.parametrize("count", [1_000, 100_000, 1_000_000])
def test_a_consumer_that_names_very_many_topics_harms_nobody_else(connection, name, count):
    answer = arrive(connection, name, "one", *(f"some-topic-{number}" for number in range(count)))
    assert answer["error_code"] in (0, raw.INVALID_REQUEST)


def test_members_that_never_come_back_are_forgotten(broker, name):
    """Two thousand ask for an id and vanish: they are no members."""
    with raw.Connection(broker.address) as connection:
        for _ in range(2000):
            assert (
                join(connection, name, version=5, session_timeout_ms=6000)["error_code"]
                == raw.MEMBER_ID_REQUIRED
            )
        assert join_alone(connection, name)[1] == 1
        [group] = connection.call(apis.DESCRIBE_GROUPS, 5, groups=[name])["groups"]
        assert len(group["members"]) == 1
