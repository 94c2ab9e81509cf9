"""Old data goes by age, by size and on request; whoever reads is not disturbed, and it stays gone."""

import socket
import time

import pytest
from confluent_kafka import TopicPartition

import apis
import clients
import raw
from clients.admin import ADMINS, Refused
from disk import deleted_files, directory, eventually, held_files, segments
from records import Record

SETTINGS = {"num.partitions": 1, "log.retention.check.interval.ms": 200, "log.cleaner.backoff.ms": 200}

HOUR = 3_600_000
CONFLUENT = clients.ALL[1]


def now():
    return int(time.time() * 1000)


def numbered(numbers, timestamp):
    """Records of which some 150 fill a segment of 16 KiB."""
    return [Record(b"key", b"%08d" % number + b"." * 92, (), timestamp) for number in numbers]


def create(broker, topic, **configs):
    defaults = {"segment.bytes": 16384, "file.delete.delay.ms": 0, "martlet.segment.compression": "none"}
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    ADMINS[0].create(
        broker.address, topic, 1, {name: str(value) for name, value in {**defaults, **configs}.items()}
    )


def fill(broker, topic, records, batch_size=20):
    """In small batches, so that segments roll where their size says; returns the next offset."""
    with raw.Connection(broker.address) as connection:
        for start in range(0, len(records), batch_size):
            part = records[start : start + batch_size]
            values = [record.value for record in part]
            answer = connection.produce(topic, raw.batch(*values, key=b"key", timestamp=part[0].timestamp))
            assert answer["error_code"] == 0, answer
        return answer["base_offset"] + len(part)


def start_of(broker, topic):
    with raw.Connection(broker.address) as connection:
        return connection.list_offset(topic, raw.EARLIEST)["offset"]


def assert_reads_from(client, broker, topic, first, end):
    """The client finds `first` to `end` and reads exactly these, each with what was written at its offset."""
    if hasattr(client, "watermarks"):
        assert client.watermarks(broker.address, topic) == (first, end)
    received = client.consume(broker.address, topic, end - first)
    assert [record.offset for record in received] == list(range(first, end))
    assert [int(record.value[:8]) for record in received] == list(range(first, end))


@pytest.fixture(scope="module")
def aged(broker):
    """2,000 records a day old, 1,000 of now, and a limit of twelve hours between them."""
    topic = "aged"
    create(broker, topic, retention_ms=12 * HOUR)
    fill(broker, topic, numbered(range(2000), now() - 24 * HOUR))
    fill(broker, topic, numbered(range(2000, 3000), now()))
    # The segment that holds the first record of now stays.
    eventually(lambda: start_of(broker, topic) > 1800, "the old segments are gone")
    return topic


@pytest.mark.parametrize("client", clients.WITH_MARTLET, ids=lambda client: client.name)
def test_what_is_too_old_goes_and_the_rest_is_read_by_all(broker, client, aged):
    first = start_of(broker, aged)
    assert 1800 < first <= 2000
    assert_reads_from(client, broker, aged, first, 3000)


def test_what_is_too_much_goes(broker, topic):
    create(broker, topic, retention_bytes=65536)
    fill(broker, topic, numbered(range(4000), now()))
    path = directory(broker, topic)
    # The limit, less than a segment above it, and the one that is written.
    eventually(lambda: len(segments(path)) <= 6 and not deleted_files(path), "the oldest segments are gone")
    first = start_of(broker, topic)
    assert 4000 - first >= 65536 // 110, "more was deleted than had to be"
    assert_reads_from(CONFLUENT, broker, topic, first, 4000)


def test_limits_that_are_not_set_delete_nothing(broker, topic):
    create(broker, topic, retention_ms=-1, retention_bytes=-1)
    fill(broker, topic, numbered(range(1000), now() - 24 * 365 * HOUR))
    time.sleep(1)
    assert_reads_from(CONFLUENT, broker, topic, 0, 1000)


def test_a_lowered_limit_takes_effect_on_what_is_there(broker, topic):
    create(broker, topic)
    fill(broker, topic, numbered(range(1000), now() - HOUR))
    time.sleep(0.5)
    assert start_of(broker, topic) == 0
    ADMINS[0].alter(broker.address, topic, {"retention.ms": "60000"})
    eventually(lambda: start_of(broker, topic) == 1000, "all is gone")


def test_the_segment_that_is_written_ages_too(broker, topic):
    create(broker, topic, retention_ms=1000, segment_bytes=1 << 20)
    end = fill(broker, topic, numbered(range(100), now()))
    eventually(lambda: start_of(broker, topic) == end, "the only segment is gone")
    assert CONFLUENT.watermarks(broker.address, topic) == (end, end)
    # Offsets go on where they were.
    assert fill(broker, topic, numbered(range(100, 101), now() + HOUR // 2)) == end + 1
    assert_reads_from(CONFLUENT, broker, topic, end, end + 1)


def test_a_segment_is_closed_at_its_age(broker, topic):
    create(broker, topic, segment_ms=500, segment_bytes=1 << 20)
    fill(broker, topic, numbered(range(10), now()))
    time.sleep(1)
    fill(broker, topic, numbered(range(10, 20), now() + 1000))
    assert [int(file.stem) for file in segments(directory(broker, topic))] == [0, 10]


@pytest.mark.parametrize("admin", ADMINS, ids=lambda admin: admin.name)
def test_records_are_deleted_on_request(broker, admin, topic):
    create(broker, topic)
    fill(broker, topic, numbered(range(1000), now()))
    assert admin.delete_records(broker.address, topic, 555) == 555
    for client in clients.ALL:
        assert_reads_from(client, broker, topic, 555, 1000)
    eventually(lambda: int(segments(directory(broker, topic))[0].stem) > 300, "segments below are gone")
    with raw.Connection(broker.address) as connection:
        assert connection.fetch(topic, 554)["error_code"] == raw.OFFSET_OUT_OF_RANGE
        assert connection.fetch(topic, 555)["log_start_offset"] == 555
    # What is deleted already stays so, whoever asks for less.
    assert admin.delete_records(broker.address, topic, 100) == 555
    with pytest.raises(Refused) as caught:
        admin.delete_records(broker.address, topic, 1001)
    assert caught.value.code == raw.OFFSET_OUT_OF_RANGE
    assert admin.delete_records(broker.address, topic, -1) == 1000
    assert CONFLUENT.watermarks(broker.address, topic) == (1000, 1000)


@pytest.mark.parametrize("admin", ADMINS, ids=lambda admin: admin.name)
def test_records_of_a_compacted_topic_are_not_deleted_on_request(broker, admin, topic):
    create(broker, topic, cleanup_policy="compact")
    fill(broker, topic, numbered(range(10), now()))
    with pytest.raises(Refused) as caught:
        admin.delete_records(broker.address, topic, 5)
    assert caught.value.code == raw.POLICY_VIOLATION


def test_files_stay_for_the_delay_and_then_leave_the_disk(broker, topic):
    create(broker, topic, file_delete_delay_ms=2500)
    fill(broker, topic, numbered(range(1000), now()))
    path = directory(broker, topic)
    ADMINS[0].delete_records(broker.address, topic, 900)
    eventually(lambda: deleted_files(path), "deleted files have another name", every=0.02)
    began = time.monotonic()
    eventually(lambda: not deleted_files(path), "deleted files left the disk")
    assert 1.5 < time.monotonic() - began < 10
    eventually(lambda: not held_files(broker), "their space is free")


def test_an_answer_on_its_way_is_finished_although_its_segment_is_deleted(broker, topic):
    """The reader takes the first bytes of a large answer, then nothing until the files are gone."""
    create(broker, topic, segment_bytes=8 << 20)
    values = [b"%d." % number + bytes([number]) * 700_000 for number in range(24)]
    with raw.Connection(broker.address) as connection, raw.Connection(broker.address) as slow:
        for value in values:
            assert connection.produce(topic, raw.batch(value))["error_code"] == 0
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        part = {"index": 0, "fetch_offset": 0, "partition_max_bytes": 7 << 20}
        topics = [{"name": topic, "partitions": [part]}]
        number = slow.send(apis.FETCH, 12, topics=topics)
        assert slow.socket.recv(1, socket.MSG_PEEK)
        ADMINS[0].delete_records(broker.address, topic, 23)
        path = directory(broker, topic)
        eventually(lambda: int(segments(path)[0].stem) > 8 and not deleted_files(path), "the files are gone")
        answer = raw.only_partition(slow.receive(apis.FETCH, 12, number))
        assert answer["error_code"] == 0
        found = raw.unpack(answer["records"])
        assert found == list(enumerate(values[: len(found)]))
        assert len(found) > 8


def test_a_reader_that_fell_behind_goes_on_at_the_new_start(broker, topic):
    create(broker, topic)
    fill(broker, topic, numbered(range(3000), now()))
    consumer = CONFLUENT.consumer(
        broker.address,
        auto_offset_reset="earliest",
        fetch_message_max_bytes=2000,
        queued_min_messages=1,
        fetch_queue_backoff_ms=5,
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        offsets = [message.offset() for message in consumer.consume(50, timeout=10)]
        assert offsets == list(range(50))
        ADMINS[0].delete_records(broker.address, topic, 2500)
        deadline = time.monotonic() + 15
        while offsets[-1] < 2999:
            assert time.monotonic() < deadline, f"stuck behind {offsets[-1]}"
            for message in consumer.consume(500, timeout=0.5):
                assert not message.error(), message.error()
                assert int(message.value()[:8]) == message.offset()
                offsets.append(message.offset())
    finally:
        consumer.close()
    # In order, and nothing left out from the new start on.
    assert offsets == sorted(set(offsets))
    assert offsets[-500:] == list(range(2500, 3000))


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_what_is_deleted_stays_deleted_across_a_restart(own_broker, end):
    broker = own_broker(SETTINGS)
    create(broker, "kept")
    fill(broker, "kept", numbered(range(1000), now()))
    # In the middle of a segment: only the note of the start tells.
    ADMINS[0].delete_records(broker.address, "kept", 321)
    getattr(broker, end)()
    broker.start()
    for client in clients.ALL:
        assert_reads_from(client, broker, "kept", 321, 1000)
    ADMINS[0].delete_records(broker.address, "kept", -1)
    getattr(broker, end)()
    broker.start()
    assert CONFLUENT.watermarks(broker.address, "kept") == (1000, 1000)
    assert fill(broker, "kept", numbered(range(1000, 1001), now())) == 1001
