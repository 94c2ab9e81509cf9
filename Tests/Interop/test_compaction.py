"""Compacted topics: the last value of each key stays, offsets never change, producers notice nothing."""

import time

import pytest
from confluent_kafka import Producer
from kafka.record.memory_records import MemoryRecords

import clients
import raw
from clients.admin import ADMINS
from disk import assert_verified, directory, eventually, is_quiet, segments
from records import BASE_TIMESTAMP, Record

SETTINGS = {"num.partitions": 1, "log.cleaner.backoff.ms": 200, "log.retention.check.interval.ms": 200}

COMPACT = {
    "cleanup.policy": "compact",
    "segment.bytes": 32768,
    "min.cleanable.dirty.ratio": "0.01",
    "file.delete.delay.ms": 0,
}
HOUR = 3_600_000
KEYS = 10
# How the clients call the error; aiokafka does not know it.
REFUSALS = ("INVALID_RECORD", "InvalidRecord", "failed to validate record", "UnknownError")
CONFLUENT = clients.ALL[1]


def now():
    return int(time.time() * 1000)


def create(broker, topic, **configs):
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    ADMINS[0].create(
        broker.address, topic, 1, {name: str(value) for name, value in {**COMPACT, **configs}.items()}
    )


class Updates:
    """One idempotent producer, and what it has sent: the record at each offset."""

    def __init__(self, broker, topic):
        self.topic, self.sent, self.failures = topic, [], []
        # Small batches, so that compaction finds some empty, some not.
        settings = {"enable.idempotence": True, "linger.ms": 1, "batch.num.messages": 20}
        self.producer = Producer({"bootstrap.servers": broker.address, **settings})

    def send(self, records):
        for record in records:
            self.producer.produce(
                self.topic,
                record.value,
                record.key,
                partition=0,
                timestamp=record.timestamp or 0,
                on_delivery=self._delivered,
            )
            self.sent.append((record.key, record.value))
        assert self.producer.flush(30) == 0
        assert not self.failures, self.failures[:3]

    def round(self, count, timestamp=None):
        """Updates of all keys in turn, each with a value of its own."""
        first = len(self.sent)
        self.send(
            Record(b"key-%d" % (number % KEYS), b"value %d " % number + b"." * 80, (), timestamp)
            for number in range(first, first + count)
        )

    def last_values(self):
        return dict(self.sent)

    def _delivered(self, error, message):
        if error:
            self.failures.append(str(error))
        elif self.sent[message.offset()] != (message.key(), message.value()):
            self.failures.append(f"acknowledged at the wrong offset, {message.offset()}")


def read_all(broker, topic):
    """What a reader finds from the beginning to the end: (offset, key, value)."""
    found = []
    with raw.Connection(broker.address) as connection:
        offset = connection.list_offset(topic, raw.EARLIEST)["offset"]
        while True:
            answer = connection.fetch(topic, offset)
            if answer["error_code"] == raw.OFFSET_OUT_OF_RANGE:
                # Deleted under our eyes.
                return read_all(broker, topic)
            assert answer["error_code"] == 0, answer["error_code"]
            batches = MemoryRecords(answer["records"] or b"")
            if not batches.has_next():
                assert offset == answer["high_watermark"]
                return found
            while batches.has_next():
                batch = batches.next_batch()
                assert batch.validate_crc()
                found += [(r.offset, r.key, r.value) for r in batch if r.offset >= offset]
                offset = max(offset, batch.next_offset)


def assert_compacted(found, sent):
    """Offsets grow, each record is the one that was sent at its offset, each key's last value is there."""
    offsets = [offset for offset, _, _ in found]
    assert offsets == sorted(set(offsets))
    assert [(key, value) for _, key, value in found] == [sent[offset] for offset in offsets]
    last = {key: value for key, value in sent if value is not None}
    deleted = {key for key, value in dict(sent).items() if value is None}
    stored = {key: value for _, key, value in found}
    for key in last:
        if key in deleted:
            assert stored.get(key) is None
        else:
            assert stored[key] == dict(sent)[key]


def wait_until_compacted(broker, topic, limit):
    """At most so many records are left, and compaction has nothing more to do."""
    eventually(lambda: len(read_all(broker, topic)) <= limit, f"at most {limit} records are left", 30, 0.3)
    eventually(lambda: is_quiet(directory(broker, topic), 0.6), "compaction comes to rest")


@pytest.fixture(scope="module")
def compacted(broker):
    """20,000 updates of 10 keys: what is left are ten records, and what stands in the active segment."""
    topic = "compacted"
    create(broker, topic)
    updates = Updates(broker, topic)
    updates.round(20_000)
    wait_until_compacted(broker, topic, 1000)
    found = read_all(broker, topic)
    assert_compacted(found, updates.sent)
    return topic, found


@pytest.mark.parametrize("client", clients.WITH_MARTLET, ids=lambda client: client.name)
def test_every_client_reads_the_last_value_of_each_key(broker, client, compacted):
    topic, expected = compacted
    found = client.consume(broker.address, topic, len(expected))
    assert [(record.offset, record.key, record.value) for record in found] == expected
    # The end of the log is where it was.
    assert CONFLUENT.watermarks(broker.address, topic) == (0, 20_000)


def test_a_reader_may_start_at_an_offset_that_is_gone(broker, compacted):
    topic, expected = compacted
    middle = expected[len(expected) // 2][0]
    gone = next(offset for offset in range(1, 20_000) if offset not in {found[0] for found in expected})
    for start in (gone, middle):
        wanted = [found for found in expected if found[0] >= start]
        for client in clients.ALL:
            found = client.consume(broker.address, topic, len(wanted), start=start)
            assert [(record.offset, record.key, record.value) for record in found] == wanted


def test_compacted_logs_verify_and_take_less_space(broker, compacted):
    topic, _ = compacted
    path = directory(broker, topic)
    assert_verified(path)
    # Of some seventy full segments a few are left.
    assert len(segments(path)) <= 5


def test_the_mark_of_a_deleted_key_stays_for_its_time_and_then_goes(broker):
    for topic, retention in (("kept", HOUR), ("dropped", 500)):
        create(broker, topic, delete_retention_ms=retention)
        updates = Updates(broker, topic)
        updates.round(1000)
        updates.send(Record(b"key-%d" % number) for number in range(5))
        # Pushes the marks out of the segment that is written.
        updates.send(Record(b"other-%d" % (number % 5), b"x" * 100) for number in range(1000))
        wait_until_compacted(broker, topic, 700)

        def marks(topic=topic, updates=updates):
            # Compaction looks at what is new, and takes what has become old along.
            updates.send(Record(b"other-%d" % (number % 5), b"x" * 100) for number in range(400))
            found = read_all(broker, topic)
            assert_compacted(found, updates.sent)
            return [key for _, key, value in found if value is None]

        if retention == HOUR:
            for _ in range(3):
                assert sorted(marks()) == [b"key-%d" % number for number in range(5)]
                time.sleep(0.3)
        else:
            eventually(lambda marks=marks: not marks(), "the marks are gone", 20, 0.5)
        stored = {key for _, key, _ in read_all(broker, topic)}
        assert {b"key-%d" % number for number in range(5, 10)} <= stored


def test_young_records_are_left_alone(broker, topic):
    create(broker, topic, min_compaction_lag_ms=HOUR)
    updates = Updates(broker, topic)
    updates.round(1000, now() - 2 * HOUR)
    updates.round(1000)
    wait_until_compacted(broker, topic, 1500)
    found = read_all(broker, topic)
    assert_compacted(found, updates.sent)
    assert [offset for offset, _, _ in found if offset >= 1000] == list(range(1000, 2000))


def test_compact_and_delete_together(broker, topic):
    create(broker, topic, cleanup_policy="compact,delete", retention_ms=HOUR)
    updates = Updates(broker, topic)
    updates.send(Record(b"old-%d" % number, b"v" * 100, (), now() - 3 * HOUR) for number in range(2000))
    updates.round(4000)
    wait_until_compacted(broker, topic, 1500)

    def first():
        return CONFLUENT.watermarks(broker.address, topic)[0]

    eventually(lambda: first() > 1500, "what is too old went, although it was the last of its key")
    found = read_all(broker, topic)
    assert found[0][0] >= 1500
    stored = {key: value for _, key, value in found}
    assert {key: stored[key] for key in stored if key.startswith(b"key")} == {
        key: value for key, value in updates.last_values().items() if key.startswith(b"key")
    }


def test_a_topic_becomes_compacted_when_it_is_told_to(broker, topic):
    create(broker, topic, cleanup_policy="delete")
    updates = Updates(broker, topic)
    updates.round(2000)
    time.sleep(0.7)
    assert len(read_all(broker, topic)) == 2000
    ADMINS[0].alter(broker.address, topic, {"cleanup.policy": "compact"})
    wait_until_compacted(broker, topic, 600)
    assert_compacted(read_all(broker, topic), updates.sent)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_each_codec_can_be_compacted(broker, topic, codec):
    create(broker, topic, segment_bytes=16384)
    producer = Producer(
        {"bootstrap.servers": broker.address, "compression.type": codec, "batch.num.messages": 50}
    )
    for number in range(20_000):
        producer.produce(topic, b"value %d" % number * 5, b"key-%d" % (number % KEYS), partition=0)
    assert producer.flush(30) == 0
    sent = [(b"key-%d" % (number % KEYS), b"value %d" % number * 5) for number in range(20_000)]
    wait_until_compacted(broker, topic, 10_000)
    found = read_all(broker, topic)
    assert_compacted(found, sent)
    # Many segments may hold no record at all any more.
    for client in clients.ALL:
        again = client.consume(broker.address, topic, len(found))
        assert [(record.offset, record.key, record.value) for record in again] == found
    assert_verified(directory(broker, topic))


def test_a_record_without_a_key_is_refused(broker, client, topic):
    create(broker, topic)
    with pytest.raises(Exception) as caught:
        client.produce(broker.address, topic, [Record(None, b"no key")])
    said = f"{type(caught.value).__name__} {caught.value}"
    assert any(word in said for word in REFUSALS), said
    # With a key it goes.
    client.produce(broker.address, topic, [Record(b"k", b"v")])
    assert read_all(broker, topic) == [(0, b"k", b"v")]


def test_the_refusal_names_the_record(broker, topic):
    create(broker, topic)
    with raw.Connection(broker.address) as connection:
        builder = raw.DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=False,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=-1,
            batch_size=1 << 20,
        )
        for index, key in enumerate([b"a", b"b", None, b"c"]):
            builder.append(index, now(), key, b"v", [])
        answer = connection.produce(topic, bytes(builder.build()))
        assert answer["error_code"] == raw.INVALID_RECORD
        assert [error["batch_index"] for error in answer["record_errors"]] == [2]
        assert connection.list_offset(topic, raw.LATEST)["offset"] == 0


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_an_idempotent_producer_goes_on_after_its_batches_were_compacted(own_broker, end):
    broker = own_broker(SETTINGS)
    create(broker, "updates")
    updates = Updates(broker, "updates")
    with raw.Connection(broker.address) as connection:
        answer = connection.call(raw.apis.INIT_PRODUCER_ID, 4)
        producer = (answer["producer_id"], answer["producer_epoch"])
        last = raw.batch(b"raw", producer=(*producer, 0), timestamp=now(), key=b"raw")
        # First, so that the producer's other records are at the offsets that it expects.
        updates.round(1)
        offset = connection.produce("updates", last)["base_offset"]
    assert offset == 1
    updates.sent.append((b"raw", b"raw"))
    updates.round(5000)
    # A later value of the key: the only record of that producer goes, its sequence does not.
    updates.send([Record(b"raw", b"later")])
    updates.round(2000)
    wait_until_compacted(broker, "updates", 600)
    assert 1 not in {offset for offset, _, _ in read_all(broker, "updates")}
    getattr(broker, end)()
    broker.start()
    updates.round(2000)
    with raw.Connection(broker.address) as connection:
        again = connection.produce("updates", last)
        assert (again["error_code"], again["base_offset"]) == (0, 1)
        gap = raw.batch(b"gap", producer=(*producer, 2), timestamp=now(), key=b"raw")
        assert connection.produce("updates", gap)["error_code"] == raw.OUT_OF_ORDER_SEQUENCE
        following = raw.batch(b"next", producer=(*producer, 1), timestamp=now(), key=b"raw")
        assert connection.produce("updates", following)["error_code"] == 0
    updates.sent.append((b"raw", b"next"))
    assert_compacted(read_all(broker, "updates"), updates.sent)


def test_times_and_headers_survive(broker, topic):
    create(broker, topic)
    sent = [
        Record(b"k%d" % number, b"v" * 300, (("h", b"%d" % number),), BASE_TIMESTAMP + number * 1000)
        for number in range(500)
    ]
    for start in range(0, 500, 50):
        CONFLUENT.produce(broker.address, topic, sent[start : start + 50])
    newer = [Record(record.key, b"w", (), BASE_TIMESTAMP + HOUR) for record in sent[:250]]
    CONFLUENT.produce(broker.address, topic, newer)
    for _ in range(5):
        CONFLUENT.produce(broker.address, topic, [Record(b"fill", b"f" * 100)] * 200)
    wait_until_compacted(broker, topic, 1000)
    found = {record.offset: record for record in CONFLUENT.consume(broker.address, topic, 500)}
    for offset, record in found.items():
        if 250 <= offset < 500:
            assert (record.headers, record.timestamp) == (sent[offset].headers, sent[offset].timestamp)
    assert set(range(250, 500)) <= found.keys()
    assert not set(range(250)) & found.keys()
    assert CONFLUENT.offset_for_time(broker.address, topic, sent[300].timestamp) == 300
