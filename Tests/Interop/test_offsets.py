"""Looking offsets up: earliest, latest, by time; and reading from where they point."""

import pytest

import raw
from clients.admin import ADMINS
from records import BASE_TIMESTAMP, Record, assert_same

SETTINGS = {"num.partitions": 1}

HOUR = 3_600_000


@pytest.fixture(scope="module")
def timed(broker):
    """2,000 records a minute apart, in many batches over several small segments."""
    topic = "timed"
    ADMINS[0].create(broker.address, topic, 1, {"segment.bytes": "65536", "index.interval.bytes": "1024"})
    sent = [
        Record(b"k%d" % number, b"v" * 100, (), BASE_TIMESTAMP + number * 60_000) for number in range(2000)
    ]
    with raw.Connection(broker.address) as connection:
        for start in range(0, 2000, 20):
            values = [record.value for record in sent[start : start + 20]]
            connection.produce(topic, _batch_a_minute_apart(values, sent[start].timestamp))
    return topic


def _batch_a_minute_apart(values, first):
    builder = raw.DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1 << 20,
    )
    for index, value in enumerate(values):
        builder.append(index, first + index * 60_000, None, value, [])
    return bytes(builder.build())


def test_the_first_record_not_older_than_a_time(broker, client, timed):
    look_up = client.offset_for_time
    assert look_up(broker.address, timed, BASE_TIMESTAMP - HOUR) == 0
    assert look_up(broker.address, timed, BASE_TIMESTAMP) == 0
    assert look_up(broker.address, timed, BASE_TIMESTAMP + 1) == 1
    assert look_up(broker.address, timed, BASE_TIMESTAMP + 777 * 60_000) == 777
    assert look_up(broker.address, timed, BASE_TIMESTAMP + 777 * 60_000 + 1) == 778
    assert look_up(broker.address, timed, BASE_TIMESTAMP + 1999 * 60_000) == 1999


def test_a_time_after_the_last_record_has_no_offset(broker, client, timed):
    assert client.offset_for_time(broker.address, timed, BASE_TIMESTAMP + 2000 * 60_000) in (None, 2000)


def test_earliest_and_latest(broker, client, timed, topic):
    assert client.watermarks(broker.address, timed) == (0, 2000)
    ADMINS[0].create(broker.address, topic, 1, {})
    assert client.watermarks(broker.address, topic) == (0, 0)


def test_reading_from_a_looked_up_offset(broker, client, timed):
    [record] = client.consume(broker.address, timed, 1, start=1234)
    assert (record.offset, record.timestamp) == (1234, BASE_TIMESTAMP + 1234 * 60_000)


@pytest.mark.parametrize("version", range(1, 12))
def test_every_version_answers_alike(broker, timed, version):
    with raw.Connection(broker.address) as connection:
        by_time = connection.list_offset(timed, BASE_TIMESTAMP + 60_000, version=version)
        assert (by_time["error_code"], by_time["offset"]) == (0, 1)
        assert by_time["timestamp"] == BASE_TIMESTAMP + 60_000
        assert connection.list_offset(timed, raw.EARLIEST, version=version)["offset"] == 0
        assert connection.list_offset(timed, raw.LATEST, version=version)["offset"] == 2000


def test_the_record_with_the_greatest_timestamp(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
        empty = connection.list_offset(topic, raw.MAX_TIMESTAMP)
        assert (empty["error_code"], empty["offset"]) == (0, -1)
        for shift in (0, 5000, 1000):
            connection.produce(topic, raw.batch(b"a", b"b", timestamp=BASE_TIMESTAMP + shift))
        found = connection.list_offset(topic, raw.MAX_TIMESTAMP)
        assert (found["offset"], found["timestamp"]) == (3, BASE_TIMESTAMP + 5001)


def test_local_and_tiered_offsets_of_a_log_without_tiers(broker, timed):
    with raw.Connection(broker.address) as connection:
        assert connection.list_offset(timed, raw.EARLIEST_LOCAL, version=8)["offset"] == 0
        tiered = connection.list_offset(timed, raw.LATEST_TIERED, version=9)
        assert (tiered["error_code"], tiered["offset"]) == (0, -1)


def test_a_negative_timestamp_that_means_nothing_is_an_error(broker, timed):
    with raw.Connection(broker.address) as connection:
        assert connection.list_offset(timed, -99)["error_code"] != 0


def test_offsets_outside_of_the_log_are_out_of_range(broker, timed):
    with raw.Connection(broker.address) as connection:
        for offset in (2001, -1, 2**62):
            assert connection.fetch(timed, offset)["error_code"] == raw.OFFSET_OUT_OF_RANGE
        at_end = connection.fetch(timed, 2000)
        assert (at_end["error_code"], at_end["high_watermark"]) == (0, 2000)


def test_the_end_offset_of_a_leader_epoch(broker, timed):
    def ask(connection, epoch, current=-1):
        part = {"index": 0, "leader_epoch": epoch, "current_leader_epoch": current}
        answer = connection.call(
            raw.apis.OFFSET_FOR_LEADER_EPOCH, 4, topics=[{"name": timed, "partitions": [part]}]
        )
        return raw.only_partition(answer)

    with raw.Connection(broker.address) as connection:
        epoch = connection.list_offset(timed, raw.LATEST)["leader_epoch"]
        assert epoch >= 0
        end = ask(connection, epoch)
        assert (end["error_code"], end["leader_epoch"], end["end_offset"]) == (0, epoch, 2000)
        assert ask(connection, epoch + 5)["end_offset"] == -1
        assert ask(connection, epoch, current=epoch + 1)["error_code"] == raw.UNKNOWN_LEADER_EPOCH


def test_log_append_time_replaces_the_time_of_the_producer(broker, client, topic):
    ADMINS[0].create(broker.address, topic, 1, {"message.timestamp.type": "LogAppendTime"})
    with raw.Connection(broker.address) as connection:
        answer = connection.produce(topic, raw.batch(b"old", timestamp=BASE_TIMESTAMP))
    assert answer["log_append_time_ms"] > BASE_TIMESTAMP + HOUR
    received = client.consume(broker.address, topic, 1)
    assert_same([Record(None, b"old")], received, timestamps=False)
    assert received[0].timestamp == answer["log_append_time_ms"]
