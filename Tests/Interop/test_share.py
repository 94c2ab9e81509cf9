"""The share consumer of librdkafka: members compete for records, die with them, give back, refuse."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import AcknowledgeType, Consumer, KafkaException, Producer, ShareConsumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from clients.admin import ADMINS
from conftest import unique

SETTINGS = {
    "num.partitions": 1,
    "offsets.topic.num.partitions": 3,
    "share.coordinator.state.topic.num.partitions": 3,
    # So that a test need not wait for the usual half minute.
    "group.share.min.record.lock.duration.ms": 1000,
    "group.share.record.lock.duration.ms": 5000,
}

WORKER = Path(__file__).with_name("share_worker.py")


def configure(address, group, **settings):
    changes = [
        ConfigEntry(name.replace("_", "."), str(value), incremental_operation=AlterConfigOpType.SET)
        for name, value in {"share_auto_offset_reset": "earliest", **settings}.items()
    ]
    admin = AdminClient({"bootstrap.servers": address})
    resource = ConfigResource(ResourceType.GROUP, group, incremental_configs=changes)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(20)


def produce(address, topic, values, partitions=1):
    # A member acquires whole batches: one of a thousand records would keep it busy for longer than its lock.
    producer = Producer(
        {"bootstrap.servers": address, "linger.ms": 5, "batch.num.messages": 25, "log_level": 2}
    )
    for number, value in enumerate(values):
        place = number % partitions
        producer.produce(topic, value, key=b"key", partition=place, headers=[("own", b"header")])
    assert producer.flush(30) == 0


def values_of(count, word="record"):
    return [f"{word}-{number}".encode() for number in range(count)]


def member(address, group, topic, **options):
    consumer = ShareConsumer(
        {
            "bootstrap.servers": address,
            "group.id": group,
            "share.acknowledgement.mode": "explicit",
            "log_level": 2,
            **options,
        }
    )
    consumer.subscribe([topic])
    return consumer


def poll_some(consumer, seconds=20.0):
    """The next messages, none of them an error; empty when the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [message for message in consumer.poll(0.5) if not message.error()]
        if found:
            return found
    return []


def drain(consumer, judge, wanted, seconds=40.0):
    """Polls and acknowledges as `judge(message)` says until `wanted(received)`."""
    received = []
    end = time.monotonic() + seconds
    while not wanted(received):
        assert time.monotonic() < end, f"{len(received)} messages in {seconds} s"
        for message in poll_some(consumer, 1.0):
            received.append(message.value())
            consumer.acknowledge(message, judge(message))
        consumer.commit_sync(30.0)
    return received


def accept(_message):
    return AcknowledgeType.ACCEPT


class Worker:
    """A member in a process of its own."""

    def __init__(self, address, group, topic, *options):
        self.got, self.done = [], set()
        command = [sys.executable, str(WORKER), address, group, topic, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            # The last line of a killed process may be cut off.
            word, *numbers = line.split()
            if word == "got" and len(numbers) == 3:
                self.got.append((int(numbers[0]), int(numbers[1]), numbers[2].encode()))
            elif word == "done" and len(numbers) == 2 and line.endswith("\n"):
                self.done.add((int(numbers[0]), int(numbers[1])))

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()


def wait_until(condition, what, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def group(broker):
    name = unique("share")
    configure(broker.address, name)
    return name


def test_members_compete_and_each_record_is_processed_once(broker, topic, group):
    """Three members, one partition: nobody fails, so nobody gets what another got."""
    ADMINS[0].create(broker.address, topic, 1, {})
    sent = values_of(1500)
    workers = [Worker(broker.address, group, topic, "--slow") for _ in range(3)]
    try:
        for start in range(0, len(sent), 300):
            produce(broker.address, topic, sent[start : start + 300])
            time.sleep(0.1)
        wait_until(lambda: sum(len(worker.done) for worker in workers) >= len(sent), "all records are done")
    finally:
        for worker in workers:
            worker.kill9()
    got = sorted(value for worker in workers for _, _, value in worker.got)
    assert got == sorted(sent)
    assert sum(bool(worker.done) for worker in workers) > 1, "one member did it all"


def test_the_records_of_a_killed_member_go_to_another(broker, topic, group):
    ADMINS[0].create(broker.address, topic, 1, {})
    produce(broker.address, topic, values_of(20))
    holder = Worker(broker.address, group, topic, "--hold")
    try:
        wait_until(lambda: holder.got, "the first member has records")
    finally:
        holder.kill9()
    with member(broker.address, group, topic) as consumer:
        received = drain(consumer, accept, lambda received: len(set(received)) == 20)
    assert sorted(received) == sorted(values_of(20))


def test_a_lock_ends_in_time(broker, topic, group):
    """A member that is alive but silent loses its records, and can say nothing about them any more."""
    ADMINS[0].create(broker.address, topic, 1, {})
    produce(broker.address, topic, values_of(5))
    slow = member(broker.address, group, topic)
    held = []
    while len(held) < 5:
        held += poll_some(slow)
        assert held, "the first member got nothing"
        if len(held) < 5:
            pytest.skip("the records came in pieces")
    began = time.monotonic()
    with member(broker.address, group, topic) as other:
        received = drain(other, accept, lambda received: len(received) >= 5)
    assert sorted(received) == sorted(values_of(5))
    assert time.monotonic() - began > 3, "the lock was not kept"
    for message in held:
        slow.acknowledge(message)
    outcome = slow.commit_sync(20.0)
    assert outcome and all(isinstance(error, KafkaException) for error in outcome.values()), outcome
    slow.close()


def test_released_records_come_again_and_rejected_ones_do_not(broker, topic, group):
    ADMINS[0].create(broker.address, topic, 1, {})
    produce(broker.address, topic, values_of(9))
    seen = {}

    def judge(message):
        number = int(message.value().split(b"-")[1])
        seen[number] = seen.get(number, 0) + 1
        if number % 3 == 0:
            return AcknowledgeType.REJECT
        if number % 3 == 1 and seen[number] == 1:
            return AcknowledgeType.RELEASE
        return AcknowledgeType.ACCEPT

    with member(broker.address, group, topic) as consumer:
        drain(consumer, judge, lambda received: len(received) >= 12)
        assert poll_some(consumer, 2.0) == []
    assert seen == {number: 2 if number % 3 == 1 else 1 for number in range(9)}


def dead_letters(address, topic, count):
    consumer = Consumer({"bootstrap.servers": address, "group.id": "unused", "log_level": 2})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = []
    end = time.monotonic() + 20
    while len(found) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            found.append(message)
    consumer.close()
    return found


def test_rejected_and_exhausted_records_go_to_the_dead_letter_topic(broker, topic, group):
    ADMINS[0].create(broker.address, topic, 1, {})
    letters = unique("letters")
    configure(
        broker.address, group, martlet_share_dead_letter_topic=letters, share_delivery_count_limit=2
    )
    produce(broker.address, topic, values_of(6))

    def judge(message):
        number = int(message.value().split(b"-")[1])
        return {0: AcknowledgeType.REJECT, 1: AcknowledgeType.RELEASE}.get(number % 3, AcknowledgeType.ACCEPT)

    with member(broker.address, group, topic) as consumer:
        received = drain(consumer, judge, lambda received: len(received) >= 8)
        assert poll_some(consumer, 2.0) == []
    assert len(received) == 8

    found = dead_letters(broker.address, letters, 4)
    assert {message.value(): dict(message.headers())["martlet.dlq.reason"] for message in found} == {
        b"record-0": b"rejected",
        b"record-3": b"rejected",
        b"record-1": b"exhausted",
        b"record-4": b"exhausted",
    }
    for message in found:
        headers = dict(message.headers())
        assert message.key() == b"key" and headers["own"] == b"header"
        assert headers["martlet.dlq.topic"].decode() == topic
        assert headers["martlet.dlq.group"].decode() == group
        assert headers["martlet.dlq.partition"] == b"0"
        assert headers["martlet.dlq.offset"] == message.value().split(b"-")[1]
        exhausted = headers["martlet.dlq.reason"] == b"exhausted"
        assert headers["martlet.dlq.delivery.count"] == (b"2" if exhausted else b"1")


def test_a_group_begins_at_the_end_unless_told_otherwise(broker, topic):
    group = unique("share")
    ADMINS[0].create(broker.address, topic, 1, {})
    produce(broker.address, topic, values_of(10, "early"))
    with member(broker.address, group, topic) as consumer:
        assert poll_some(consumer, 6.0) == []
        produce(broker.address, topic, values_of(10, "late"))
        received = drain(consumer, accept, lambda received: len(received) >= 10)
    assert sorted(received) == sorted(values_of(10, "late"))


def test_progress_survives_a_restart(own_broker, topic):
    broker = own_broker(SETTINGS)
    group = unique("share")
    configure(broker.address, group)
    ADMINS[0].create(broker.address, topic, 1, {})
    produce(broker.address, topic, values_of(100))
    with member(broker.address, group, topic, **{"max.poll.records": 30}) as consumer:
        done = drain(consumer, accept, lambda received: len(received) >= 30)
    broker.restart()
    with member(broker.address, group, topic) as consumer:
        rest = drain(consumer, accept, lambda received: len(received) >= 100 - len(done))
        assert poll_some(consumer, 2.0) == []
    assert sorted(done + rest) == sorted(values_of(100))


def test_no_record_is_lost_though_members_and_the_broker_are_killed(own_broker, topic):
    """What was confirmed comes no more; everything else is processed at least once."""
    broker = own_broker(SETTINGS)
    group = unique("share")
    configure(broker.address, group, share_delivery_count_limit=10)
    ADMINS[0].create(broker.address, topic, 2, {})
    sent = values_of(2000)
    produce(broker.address, topic, sent, partitions=2)
    workers = [Worker(broker.address, group, topic, "--slow") for _ in range(3)]
    finished = []
    try:
        for turn in range(3):
            goal = sum(len(worker.done) for worker in workers + finished) + 150
            wait_until(
                lambda goal=goal: sum(len(worker.done) for worker in workers + finished) >= goal,
                "the members go on",
            )
            victim = workers.pop(0)
            victim.kill9()
            finished.append(victim)
            if turn != 1:
                broker.kill9()
                time.sleep(0.3)
                broker.start()
            workers.append(Worker(broker.address, group, topic, "--slow"))
        wait_until(
            lambda: len(set().union(*(worker.done for worker in workers + finished))) >= len(sent),
            "all records are confirmed",
            90,
        )
    finally:
        for worker in workers:
            worker.kill9()
    everyone = workers + finished
    assert {value for worker in everyone for _, _, value in worker.got} == set(sent)
    confirmed = sum(len(worker.done) for worker in everyone)
    assert confirmed == len(sent), f"{confirmed - len(sent)} records were confirmed twice"
