"""The broker dies a hundred times while it takes records and rewrites its segments.

`MARTLET_KILL_ROUNDS` sets the number of crashes, `MARTLET_SEED` the moments at which they come.
"""

import os
import random
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Producer, TopicPartition

import clients
from clients.admin import ADMINS
from disk import assert_verified, directory, dump, eventually, segments

ROUNDS = int(os.environ.get("MARTLET_KILL_ROUNDS", "100"))
SEED = int(os.environ.get("MARTLET_SEED", random.SystemRandom().randrange(1 << 32)))

SETTINGS = {
    "log.cleaner.backoff.ms": 50,
    "log.retention.check.interval.ms": 100,
    "log.segment.bytes": 65536,
    "log.segment.delete.delay.ms": 200,
}
# Twenty partitions; what is done to the topics behind their writers' backs.
TOPICS = {
    "plain": (12, {"martlet.segment.compression": "none"}),
    "recompressed": (4, {"martlet.segment.compression.min.lag.ms": "0"}),
    "compacted": (4, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}),
}
KEYS = 40
PRODUCER = {
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 2,
    "batch.num.messages": 50,
    "delivery.timeout.ms": 150_000,
    "retry.backoff.ms": 20,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 100,
    "queue.buffering.max.messages": 4000,
    "log_level": 0,
}
RECORDS_PER_SECOND = 6000
# So many are taken at least before the next crash: enough for some segments of every partition at the end.
RECORDS_PER_LIFE = 1000


class Load(threading.Thread):
    """Sends to all partitions in turn; the n-th record of a partition carries n, so n must be its offset."""

    def __init__(self, address):
        super().__init__()
        self.partitions = [(topic, index) for topic, (count, _) in TOPICS.items() for index in range(count)]
        self.sent = dict.fromkeys(self.partitions, 0)
        self.acknowledged = dict.fromkeys(self.partitions, 0)
        self.failures = []
        self.stopping = threading.Event()
        self.producer = Producer({"bootstrap.servers": address, **PRODUCER})

    def run(self):
        began, total = time.monotonic(), 0
        while not self.stopping.is_set():
            for partition in self.partitions:
                self.send(partition)
            total += len(self.partitions)
            # After a pause it does not catch up faster than the queue lets it.
            ahead = total / RECORDS_PER_SECOND - (time.monotonic() - began)
            self.producer.poll(max(0, min(ahead, 0.05)))

    def send(self, partition):
        topic, index = partition
        number = self.sent[partition]
        key, value = record_of(partition, number)
        while not self.stopping.is_set():
            try:
                self.producer.produce(topic, value, key, partition=index, on_delivery=self.delivered)
                self.sent[partition] += 1
                return
            except BufferError:
                self.producer.poll(0.02)

    def delivered(self, error, message):
        partition = (message.topic(), message.partition())
        if error:
            self.failures.append(f"{partition}: {error}")
        else:
            if message.offset() != self.acknowledged[partition]:
                self.failures.append(f"{partition}: {message.offset()} is not the next offset")
            self.acknowledged[partition] = message.offset() + 1

    def total(self):
        return sum(self.acknowledged.values())

    def finish(self):
        self.stopping.set()
        self.join()
        assert self.producer.flush(60) == 0, "records are still on their way after 60 s"
        assert not self.failures, self.failures[:5]
        assert self.acknowledged == self.sent


def record_of(partition, number):
    topic, index = partition
    return b"%d" % (number % KEYS), b'{"topic":"%s","partition":%d,"number":%d,"text":"%s"}' % (
        topic.encode(),
        index,
        number,
        b"lorem ipsum " * (number % 20),
    )


def read_partition(address, partition):
    consumer = clients.ALL[1].consumer(address, enable_partition_eof=True)
    try:
        consumer.assign([TopicPartition(*partition, OFFSET_BEGINNING)])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for message in consumer.consume(5000, timeout=0.2):
                if not message.error():
                    yield message.offset(), message.key(), message.value()
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    return
                else:
                    raise KafkaException(message.error())
        raise AssertionError(f"no end of {partition} within 30 s")
    finally:
        consumer.close()


def crash_and_restart(broker, load, source):
    """Most deaths come in the middle of the work, some in the middle of the recovery from the one before."""
    # A producer that is still about to find its way back would make this a test of idle brokers.
    before = load.total()
    eventually(lambda: load.total() >= before + RECORDS_PER_LIFE, "records acknowledged", seconds=30)
    time.sleep(source.uniform(0.02, 0.5))
    broker.kill9()
    if source.random() < 0.2:
        broker.launch()
        time.sleep(source.uniform(0.0, 0.12))
        broker.kill9()
    broker.start()


def test_a_hundred_crashes_while_segments_are_rewritten(own_broker):
    print(f"MARTLET_SEED={SEED} repeats the moments of the crashes")
    source = random.Random(SEED)
    broker = own_broker(SETTINGS)
    for topic, (count, configs) in TOPICS.items():
        ADMINS[0].create(broker.address, topic, count, configs)
    load = Load(broker.address)
    load.start()
    try:
        for _ in range(ROUNDS):
            crash_and_restart(broker, load, source)
    finally:
        load.stopping.set()
    load.finish()
    assert all(count > ROUNDS for count in load.sent.values()), load.sent
    for partition, count in load.sent.items():
        if partition[0] == "compacted":
            assert_last_values(broker, partition, count)
        else:
            assert_everything_once_in_order(broker, partition, count)
    assert_segments_were_rewritten(broker)
    broker.stop()
    assert_verified(broker.data)
    broker.start()


def assert_everything_once_in_order(broker, partition, count):
    expected = 0
    for offset, key, value in read_partition(broker.address, partition):
        assert offset == expected, f"{partition}: {expected} is missing, {offset} came"
        assert (key, value) == record_of(partition, offset), f"{partition}: another record at {offset}"
        expected += 1
    assert expected == count, f"{partition}: {expected} of {count}"


def assert_last_values(broker, partition, count):
    previous, last = -1, {}
    for offset, key, value in read_partition(broker.address, partition):
        assert offset > previous, f"{partition}: {offset} behind {previous}"
        assert (key, value) == record_of(partition, offset), f"{partition}: another record at {offset}"
        previous = offset
        last[key] = offset
    assert previous == count - 1
    assert last == {b"%d" % (number % KEYS): number for number in range(count - KEYS, count)}


def is_recompressed(broker, index):
    [first, *_] = segments(directory(broker, "recompressed", index))
    # A batch that does not shrink, as one that is kept for its producer alone, stays as it is.
    return "gzip" in {batch["compression"] for batch in dump(first)}


def assert_segments_were_rewritten(broker):
    """Or this has shown nothing."""
    # The work has the lowest priority: on a busy machine most of it waits until the load is over.
    for index in range(TOPICS["recompressed"][0]):
        eventually(lambda index=index: is_recompressed(broker, index), "a first segment in gzip", seconds=60)
    for index in range(TOPICS["compacted"][0]):
        path = directory(broker, "compacted", index)
        assert any(
            batch["records"] < batch["lastOffset"] - batch["baseOffset"] + 1
            for file in segments(path)[:-1]
            for batch in dump(file)
        ) or len(segments(path)) < len(segments(directory(broker, "plain", index)))
