"""What the broker says of itself: versions, metadata, coordinators."""

import contextlib
import struct

import pytest

import raw
from raw import apis

SETTINGS = {"num.partitions": 1}

# What the released clients need to see advertised (lowest and highest version that must lie in the range).
NEEDED = {
    0: (0, 10), 1: (4, 16), 2: (1, 7), 3: (0, 13), 10: (0, 4), 18: (0, 4), 19: (2, 7), 20: (1, 6), 22: (0, 4),
    23: (2, 4), 32: (1, 4), 60: (0, 0), 75: (0, 0),
}  # fmt: skip


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.mark.parametrize("version", range(5))
def test_the_versions_that_clients_need_are_advertised(connection, version):
    answer = connection.call(apis.API_VERSIONS, version)
    ranges = {entry["key"]: (entry["min"], entry["max"]) for entry in answer["api_keys"]}
    assert len(ranges) == len(answer["api_keys"]), "a key stands in the list twice"
    for key, (lowest, highest) in NEEDED.items():
        assert key in ranges, f"key {key} is not advertised"
        assert ranges[key][0] <= lowest and ranges[key][1] >= highest, f"key {key} has {ranges[key]}"
    # With 10 or 11 as the highest version of Metadata new librdkafka fails when it looks a topic up by id.
    assert ranges[3][1] not in (10, 11)


@pytest.mark.parametrize("version", [6, 99, 32767])
def test_an_unknown_version_of_api_versions_is_answered_in_the_oldest_form(connection, version):
    """KIP-511: error 35 and the list, in the layout of version 0, which any client can read to try again."""
    body = b"\x08interop\x041.0\x00"
    connection.socket.sendall(raw.frame_of(raw.header(18, version, 1, True) + body))
    answer = connection.receive(apis.API_VERSIONS, 0, 1)
    assert answer["error_code"] == raw.UNSUPPORTED_VERSION
    assert 18 in [entry["key"] for entry in answer["api_keys"]]
    assert connection.call(apis.API_VERSIONS, 0)["error_code"] == 0


@pytest.mark.parametrize("version", range(14))
def test_every_version_of_metadata_names_the_address_the_client_used(connection, broker, topic, version):
    connection.create(topic, partition_count=2)
    answer = connection.call(apis.METADATA, version, topics=[{"name": topic}])
    [member] = answer["brokers"]
    assert f"{member['host']}:{member['port']}" == broker.address
    [found] = answer["topics"]
    assert (found["error_code"], found["name"]) == (0, topic)
    for part in found["partitions"]:
        assert part["leader_id"] == member["node_id"]
        assert part["replicas"] == part["in_sync"] == [member["node_id"]]
    assert answer.get("controller_id", member["node_id"]) == member["node_id"]


def test_a_client_that_came_by_another_name_is_told_that_name(own_broker):
    """Nothing is configured, so the address in the answer is the one that evidently works."""
    broker = own_broker()
    with raw.Connection(f"127.0.0.1:{broker.port}") as connection:
        assert connection.call(apis.METADATA, 9, topics=[])["brokers"][0]["host"] == "127.0.0.1"


def test_advertised_listeners_are_told_to_everyone(own_broker):
    broker = own_broker({"advertised.listeners": "PLAINTEXT://events.example:19092"})
    with raw.Connection(broker.address) as connection:
        [member] = connection.call(apis.METADATA, 9, topics=[])["brokers"]
        assert (member["host"], member["port"]) == ("events.example", 19092)


def test_metadata_for_no_topic_for_all_and_by_id(connection, topic):
    topic_id = connection.create(topic)
    assert connection.call(apis.METADATA, 9, topics=[])["topics"] == []
    assert topic in [found["name"] for found in connection.call(apis.METADATA, 9, topics=None)["topics"]]
    # Version 0 has no null: its empty list means all.
    assert topic in [found["name"] for found in connection.call(apis.METADATA, 0, topics=[])["topics"]]
    [found] = connection.call(apis.METADATA, 12, topics=[{"topic_id": topic_id, "name": None}])["topics"]
    assert (found["error_code"], found["name"], found["topic_id"]) == (0, topic, topic_id)
    [missing] = connection.call(apis.METADATA, 12, topics=[{"topic_id": b"\x05" * 16, "name": None}])[
        "topics"
    ]
    assert missing["error_code"] == raw.UNKNOWN_TOPIC_ID


def test_names_that_cannot_be_topics_are_told_apart(connection):
    for name in ("", ".", "..", "a b", "a/b", "x" * 250, "ž"):
        answer = connection.call(apis.METADATA, 9, topics=[{"name": name}], allow_auto_topic_creation=True)
        assert answer["topics"][0]["error_code"] == raw.INVALID_TOPIC, name


@pytest.mark.parametrize("version", range(3))
def test_the_cluster_is_described(connection, broker, version):
    answer = connection.call(apis.DESCRIBE_CLUSTER, version)
    assert answer["error_code"] == 0
    [member] = answer["brokers"]
    assert f"{member['host']}:{member['port']}" == broker.address
    assert answer["controller_id"] == member["node_id"]
    assert answer["cluster_id"] == connection.call(apis.METADATA, 9, topics=[])["cluster_id"]


def test_topic_partitions_are_described_page_by_page(connection, topic):
    connection.create(topic + "-a", partition_count=3)
    connection.create(topic + "-b", partition_count=4)
    wanted = [{"name": topic + "-a"}, {"name": topic + "-b"}]
    seen, cursor, pages = [], None, 0
    while pages < 10:
        answer = connection.call(
            apis.DESCRIBE_TOPIC_PARTITIONS, 0, topics=wanted, partition_limit=2, cursor=cursor
        )
        assert sum(len(found["partitions"]) for found in answer["topics"]) <= 2
        seen += [(found["name"], part["index"]) for found in answer["topics"] for part in found["partitions"]]
        cursor, pages = answer["next_cursor"], pages + 1
        if cursor is None:
            break
    assert seen == [(topic + "-a", index) for index in range(3)] + [
        (topic + "-b", index) for index in range(4)
    ]


def test_an_unknown_topic_has_no_partitions_to_describe(connection, topic):
    answer = connection.call(apis.DESCRIBE_TOPIC_PARTITIONS, 0, topics=[{"name": topic}])
    assert answer["topics"][0]["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("version", range(7))
def test_the_coordinator_of_a_group_is_this_broker(connection, broker, version):
    if version < 4:
        found = connection.call(apis.FIND_COORDINATOR, version, key="group")
    else:
        found, _ = connection.call(apis.FIND_COORDINATOR, version, keys=["group", "other"])["coordinators"]
    assert (found["error_code"], f"{found['host']}:{found['port']}") == (0, broker.address)


def test_creating_topics_only_to_validate_creates_nothing(connection, topic):
    answer = connection.call(apis.CREATE_TOPICS, 7, validate_only=True, topics=[{"name": topic}])
    assert answer["topics"][0]["error_code"] == 0
    [found] = connection.call(apis.METADATA, 9, topics=[{"name": topic}])["topics"]
    assert found["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION


def test_creating_topics_with_impossible_numbers_is_refused(connection, topic):
    def code(**settings):
        return connection.call(apis.CREATE_TOPICS, 7, topics=[{"name": topic, **settings}])["topics"][0][
            "error_code"
        ]

    assert code(partition_count=0) == raw.INVALID_PARTITIONS
    assert code(partition_count=-7) == raw.INVALID_PARTITIONS
    assert code(partition_count=2**31 - 1) != 0
    assert code(replication_factor=3) == raw.INVALID_REPLICATION_FACTOR
    # -1 asks for the broker's defaults.
    assert code(partition_count=-1, replication_factor=-1) == 0


@pytest.mark.parametrize("version", range(1, 7))
def test_every_version_deletes_topics(connection, topic, version):
    topic_id = connection.create(topic)
    fields = {"names": [topic]} if version < 6 else {"topics": [{"name": None, "topic_id": topic_id}]}
    [deleted] = connection.call(apis.DELETE_TOPICS, version, **fields)["topics"]
    assert deleted["error_code"] == 0
    [found] = connection.call(apis.METADATA, 9, topics=[{"name": topic}])["topics"]
    assert found["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION


def test_versions_out_of_range_get_an_error_or_a_closed_connection(broker):
    for key, version in ((3, 99), (1, 3), (2, 0), (60, 50), (3, -1)):
        with raw.Connection(broker.address) as connection:
            connection.socket.sendall(raw.frame_of(raw.header(key, version, 1, False) + bytes(8)))
            with contextlib.suppress(raw.Closed):
                assert struct.unpack_from(">i", connection.read_frame())[0] == 1
