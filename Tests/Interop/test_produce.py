"""Produce requests by hand: versions, acknowledgements, and batches that must not get in."""

import contextlib
import struct
import time

import pytest

import raw

SETTINGS = {"num.partitions": 1}


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


def end_of(connection, topic):
    return connection.list_offset(topic, raw.LATEST)["offset"]


@pytest.mark.parametrize("version", range(3, 14))
def test_every_version_appends(connection, topic, version):
    topic_id = connection.create(topic)
    target = topic_id if version >= 13 else topic
    for start in (0, 2):
        answer = connection.produce(target, raw.batch(b"a", b"b"), version=version)
        assert (answer["error_code"], answer["base_offset"]) == (0, start)
        assert answer["log_append_time_ms"] == -1
        assert answer.get("log_start_offset", 0) == 0


@pytest.mark.parametrize("version", [0, 1, 2])
def test_versions_that_are_only_advertised_are_answered_with_an_error(broker, version):
    """They are in the list because old clients derive their codecs from it."""
    with raw.Connection(broker.address) as connection:
        body = struct.pack(">hii", -1, 1000, 0)
        connection.socket.sendall(raw.frame_of(raw.header(0, version, 1, False) + body))
        with contextlib.suppress(raw.Closed):
            assert struct.unpack_from(">i", connection.read_frame())[0] == 1
    with raw.Connection(broker.address) as connection:
        assert connection.call(raw.apis.API_VERSIONS, 3)["error_code"] == 0


def test_acks_0_is_not_answered(connection, topic):
    connection.create(topic)
    topics = [{"name": topic, "partitions": [{"index": 0, "records": raw.batch(b"quiet")}]}]
    for _ in range(3):
        connection.send(raw.apis.PRODUCE, 9, acks=0, topics=topics)
    # The next answer belongs to the next request.
    assert connection.call(raw.apis.API_VERSIONS, 3)["error_code"] == 0
    # Nobody waits for the disk on behalf of acks=0.
    deadline = time.monotonic() + 3
    while end_of(connection, topic) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert end_of(connection, topic) == 3


@pytest.mark.parametrize("acks", [1, -1])
def test_acks_1_and_all_are_answered_with_the_offset(connection, topic, acks):
    connection.create(topic)
    assert connection.produce(topic, raw.batch(b"x"), acks=acks)["base_offset"] == 0


def test_other_acks_are_refused(connection, topic):
    connection.create(topic)
    for acks in (2, -2, 32767):
        assert (
            connection.produce(topic, raw.batch(b"x"), acks=acks)["error_code"] == raw.INVALID_REQUIRED_ACKS
        )
    assert end_of(connection, topic) == 0


def test_an_unknown_topic_id_is_refused(connection):
    answer = connection.produce(b"\x01" * 16, raw.batch(b"x"), version=13)
    assert answer["error_code"] == raw.UNKNOWN_TOPIC_ID


def test_several_partitions_are_answered_one_by_one(connection, topic):
    connection.create(topic, partition_count=3)
    parts = [{"index": index, "records": raw.batch(b"x")} for index in (2, 0, 9)]
    answer = connection.call(raw.apis.PRODUCE, 9, topics=[{"name": topic, "partitions": parts}])
    found = {part["index"]: part["error_code"] for part in answer["topics"][0]["partitions"]}
    assert found == {2: 0, 0: 0, 9: raw.UNKNOWN_TOPIC_OR_PARTITION}


# Where fields lie in a batch.
_LENGTH, _MAGIC, _CRC, _ATTRIBUTES, _LAST_DELTA, _COUNT = 8, 16, 17, 21, 23, 57


def damaged(position, form, value, *, keep_crc=False):
    data = bytearray(raw.batch(b"first", b"second"))
    struct.pack_into(form, data, position, value)
    if not keep_crc:
        struct.pack_into(">I", data, _CRC, raw.crc32c(data[_ATTRIBUTES:]))
    return bytes(data)


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        pytest.param(damaged(_CRC, ">I", 1, keep_crc=True), {raw.CORRUPT_MESSAGE}, id="crc"),
        pytest.param(damaged(70, ">B", 255, keep_crc=True), {raw.CORRUPT_MESSAGE}, id="flipped-byte"),
        pytest.param(
            damaged(_MAGIC, ">b", 1),
            {raw.UNSUPPORTED_FOR_MESSAGE_FORMAT, raw.INVALID_RECORD, raw.CORRUPT_MESSAGE},
            id="magic-1",
        ),
        pytest.param(damaged(_MAGIC, ">b", 3), {raw.INVALID_RECORD, raw.CORRUPT_MESSAGE}, id="magic-3"),
        pytest.param(damaged(_COUNT, ">i", 3), {raw.INVALID_RECORD}, id="count-too-high"),
        pytest.param(damaged(_COUNT, ">i", -1), {raw.INVALID_RECORD}, id="count-negative"),
        pytest.param(damaged(_LAST_DELTA, ">i", 7), {raw.INVALID_RECORD}, id="last-delta"),
        pytest.param(
            damaged(_LENGTH, ">i", 10**6), {raw.CORRUPT_MESSAGE, raw.INVALID_RECORD}, id="length-beyond"
        ),
        pytest.param(
            damaged(_LENGTH, ">i", 3), {raw.CORRUPT_MESSAGE, raw.INVALID_RECORD}, id="length-too-small"
        ),
        pytest.param(
            damaged(_LENGTH, ">i", -9), {raw.CORRUPT_MESSAGE, raw.INVALID_RECORD}, id="length-negative"
        ),
        pytest.param(damaged(_ATTRIBUTES, ">h", 0x20), {raw.INVALID_RECORD}, id="control"),
        pytest.param(raw.batch(b"x")[:40], {raw.CORRUPT_MESSAGE, raw.INVALID_RECORD}, id="cut-off"),
        pytest.param(b"\x00" * 100, {raw.CORRUPT_MESSAGE, raw.INVALID_RECORD}, id="zeros"),
    ],
)
def test_a_damaged_batch_is_refused_and_leaves_no_trace(connection, topic, records, codes):
    connection.create(topic)
    assert connection.produce(topic, records)["error_code"] in codes
    assert end_of(connection, topic) == 0
    assert connection.produce(topic, raw.batch(b"good"))["base_offset"] == 0
    assert raw.unpack(connection.fetch(topic, 0)["records"]) == [(0, b"good")]


def test_a_batch_beyond_the_limit_is_too_large(connection, topic):
    connection.create(topic, max_message_bytes=1000)
    assert connection.produce(topic, raw.batch(b"x" * 2000))["error_code"] == raw.MESSAGE_TOO_LARGE
    assert connection.produce(topic, raw.batch(b"x" * 800))["error_code"] == 0
