"""Broker and clients die in the middle of transactions: each is there as a whole or not at all, and once.

`MARTLET_KILL_ROUNDS` sets the number of kills while topics are copied, `MARTLET_SEED` the victims and
moments."""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import apis_transactions
import raw
from broker import BINARY
from clients.transactions import READERS
from disk import assert_verified, directory, eventually
from raw_transactions import (
    FENCED,
    TRANSIENT,
    V1,
    V2,
    CommittedReader,
    TransactionalProducer,
    committed_offset,
    end_offset,
    is_settled,
    new_producer,
    read_committed,
    stable_offset,
)

ROUNDS = int(os.environ.get("MARTLET_KILL_ROUNDS", "100"))
SEED = int(os.environ.get("MARTLET_SEED", random.SystemRandom().randrange(1 << 32)))
SETTINGS = {
    "transaction.state.log.num.partitions": 4,
    "offsets.topic.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    # Whoever takes the place of a dead member of a consumer group has to wait until that is missed.
    "group.consumer.session.timeout.ms": 1000,
    "group.consumer.heartbeat.interval.ms": 200,
    "log.segment.bytes": 65536,
}
PARTITIONS = 4
# So many in each partition and round, and in a transaction.
PER_ROUND, AT_ONCE = 12, 5
_WORKER = Path(__file__).with_name("copy_worker.py")


class CopyJob:
    """A process that copies `source`; after a kill it begins again. What it does it says in lines of JSON."""

    speaks = True

    def __init__(self, address, client):
        self.client, self.target = client, f"copy-{client.replace(' ', '-')}"
        self.group = self.identity = f"copies-{self.target}"
        self.events, self.process, self.threads = [], None, []
        self.outputs = [CommittedReader(self.target, partition) for partition in range(PARTITIONS)]
        self.options = {
            "client": client,
            "address": address,
            "group": self.group,
            "source": "source",
            "target": self.target,
            "identity": self.identity,
            "partitions": PARTITIONS,
            "at_once": AT_ONCE,
        }

    @property
    def command(self):
        return [sys.executable, str(_WORKER), json.dumps(self.options)]

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.threads = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for thread in self.threads:
            thread.start()

    def _listen(self, lines):
        for line in lines:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                self.events.append({"event": "trouble", "error": line.decode(errors="replace").strip()})

    def kill9(self):
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def count(self, word):
        return len([event for event in list(self.events) if event["event"] == word])

    def troubles(self):
        return [event["error"] for event in self.events if event["event"] == "trouble"]


class MartletCopyJob(CopyJob):
    """The command of our own, which says nothing as long as all is well."""

    speaks = False

    def __init__(self, address):
        super().__init__(address, "martlet")

    @property
    def command(self):
        command = [BINARY, "copy", "source", self.target, "--bootstrap", self.options["address"]]
        command += ["--group", self.group, "--transactional-id", self.identity, "--same-partitions"]
        return [*command, "--transaction-records", str(AT_ONCE), "--transaction-interval", "20ms"]


class Copies:
    """The broker, its jobs, and what they were given."""

    def __init__(self, broker):
        self.broker, self.random = broker, random.Random(SEED)
        self.jobs = [CopyJob(broker.address, client) for client in ("confluent", "aiokafka", "by hand")]
        self.jobs.append(MartletCopyJob(broker.address))
        self.fed = [[] for _ in range(PARTITIONS)]
        self.connection = None
        self.killed = {"broker": 0, **{job.client: 0 for job in self.jobs}}

    def begin(self):
        self._connect()
        for topic in ("source", *(job.target for job in self.jobs)):
            self.connection.create(topic, PARTITIONS)
        for job in self.jobs:
            job.start()
        self._feed()
        self._await_copies()

    def round(self):
        """Feeds all, kills one of them in the middle of the work, and sees that all is copied."""
        self._feed()
        job = self.random.choice([job for job in self.jobs if job.speaks])
        word, more = self.random.choice(("sent", "committed")), self.random.randint(1, 6)
        wanted = job.count(word) + more
        with contextlib.suppress(AssertionError):
            eventually(lambda: job.count(word) >= wanted, "work", 1, every=0.001)
        time.sleep(self.random.uniform(0, 0.01))
        if self.random.random() < 0.5:
            self.killed["broker"] += 1
            self.broker.kill9()
            self.broker.start()
            self._connect()
        else:
            victim = self.random.choice(self.jobs)
            self.killed[victim.client] += 1
            victim.kill9()
            victim.start()
        self._await_copies()

    def _connect(self):
        if self.connection:
            self.connection.socket.close()
        self.connection = raw.Connection(self.broker.address)

    def _feed(self):
        for partition, fed in enumerate(self.fed):
            values = [b"%d:%d" % (partition, len(fed) + number) for number in range(PER_ROUND)]
            answer = self.connection.produce("source", raw.batch(*values), partition=partition)
            assert (answer["error_code"], answer["base_offset"]) == (0, len(fed))
            fed += values

    def _await_copies(self):
        for job in self.jobs:
            assert job.process.poll() is None, f"{job.client} has left: {job.troubles()[-3:]}"
            try:
                eventually(lambda job=job: self._is_copied(job), f"{job.client} copies", 30, every=0.01)
            except AssertionError as error:
                raise AssertionError(f"{error}: {job.troubles()[-3:]}, {job.events[-3:]}") from None

    def _is_copied(self, job):
        """Whether all is there, outputs and offsets; whatever is there must be right."""
        for partition, reader in enumerate(job.outputs):
            reader.poll(self.connection)
            copied = [value for _, value in reader.records]
            assert copied == self.fed[partition][: len(copied)], (
                f"{job.client}, partition {partition}: {copied[-AT_ONCE - 2 :]}"
            )
            if len(copied) < len(self.fed[partition]):
                return False
        for partition in range(PARTITIONS):
            offset, error = committed_offset(self.connection, job.group, "source", partition)
            if error or offset < len(self.fed[partition]):
                return False
            assert offset == len(self.fed[partition])
        return True

    def end(self):
        for job in self.jobs:
            if job.process:
                job.kill9()
        if self.connection:
            self.connection.socket.close()


@pytest.mark.parametrize("rounds", [ROUNDS])
def test_copies_are_exact_whoever_dies(own_broker, rounds):
    """From topic to topic by four clients at once; in each round one of them or the broker is killed."""
    copies = Copies(own_broker(SETTINGS))
    try:
        copies.begin()
        for number in range(rounds):
            try:
                copies.round()
            except AssertionError as error:
                raise AssertionError(f"round {number}, MARTLET_SEED={SEED}: {error}") from None
        print(f"MARTLET_SEED={SEED}: {rounds} rounds, killed {copies.killed}")
    finally:
        copies.end()
    broker = copies.broker
    for job in copies.jobs:
        assert job.count("committed") > rounds or not job.speaks
        for reader in READERS:
            seen = reader.read(broker.address, job.target, range(PARTITIONS))
            for partition in range(PARTITIONS):
                assert [value for at, _, value in seen if at == partition] == copies.fed[partition]
    broker.stop()
    for topic in ("source", *(job.target for job in copies.jobs)):
        for partition in range(PARTITIONS):
            assert_verified(directory(broker, topic, partition))
    broker.start()


@pytest.mark.parametrize("end", ["kill9", "stop"])
@pytest.mark.parametrize("versions", [V1, V2], ids=["version-1", "version-2"])
def test_an_open_transaction_outlives_its_broker(own_broker, versions, end):
    """It goes on behind a restart: sequences, offsets and all; readers wait for it before and after."""
    broker = own_broker(SETTINGS)
    with raw.Connection(broker.address) as connection:
        connection.create("topic", 2)
        for committed in (True, False):
            producer = new_producer(connection, f"{committed}", versions)
            producer.good_add("topic", 0, 1)
            producer.good_produce("topic", b"a", partition=0)
            producer.good_produce("topic", b"b", partition=1)
            producer.good_offset(f"group-{committed}", "topic", 5)
            getattr(broker, end)()
            broker.start()
            connection.socket.close()
            producer.connection = connection = raw.Connection(broker.address)
            assert not is_settled(connection, "topic", 0)
            assert loaded_offset(connection, f"group-{committed}") == (-1, raw.UNSTABLE_OFFSET_COMMIT)
            # The last batch again, as if its answer had been lost; then the next.
            again = producer.batch(b"a", sequence=0)
            assert producer.send("topic", again)["error_code"] == 0
            producer.good_produce("topic", b"c", partition=0)
            producer.good_end(committed)
            expected = [b"a", b"c"]
            assert read_committed(connection, "topic", 0) == expected
            assert is_settled(connection, "topic", 0) and is_settled(connection, "topic", 1)
            assert committed_offset(connection, f"group-{committed}", "topic") == (5 if committed else -1, 0)
        connection.socket.close()


@pytest.mark.parametrize("committed", [True, False], ids=["commit", "abort"])
def test_an_end_that_a_crash_interrupts_is_finished(own_broker, committed):
    """The broker dies right behind the request. The producer asks again and hears how it ended; all
    partitions and the offset agree."""
    broker = own_broker(SETTINGS)
    source = random.Random(SEED)
    with raw.Connection(broker.address) as connection:
        connection.create("topic", PARTITIONS)
        producer = new_producer(connection, "name")
    kept, offset = [], -1
    for round in range(12):
        with raw.Connection(broker.address) as connection:
            producer.connection = connection
            for partition in range(PARTITIONS):
                producer.good_produce("topic", b"%d" % round, partition=partition)
            producer.good_offset("group", "topic", round)
            connection.send(
                apis_transactions.END_TXN, producer.versions["end"], committed=committed, **producer.owner
            )
            time.sleep(source.uniform(0, 0.004))
            broker.kill9()
        broker.start()
        with raw.Connection(broker.address) as connection:
            producer.connection = connection
            end_again(producer, committed, f"the end of round {round}, MARTLET_SEED={SEED}")
            if committed:
                kept.append(b"%d" % round)
                offset = round
            for partition in range(PARTITIONS):
                assert read_committed(connection, "topic", partition) == kept
                assert is_settled(connection, "topic", partition)
            assert loaded_offset(connection, "group") == (offset, 0)


def loaded_offset(connection, group):
    """(offset, error code) of the group, once its coordinator has read its log."""

    def found():
        answer = committed_offset(connection, group, "topic")
        return answer if answer[1] not in TRANSIENT else None

    return eventually(found, f"the offset of {group}", 10, every=0.01)


def end_again(producer, committed, what):
    def ended():
        answer = producer.end(committed)
        assert answer["error_code"] in (0, *TRANSIENT), (what, answer)
        if answer["error_code"] == 0:
            producer.take_over(answer)
        return answer["error_code"] == 0

    eventually(ended, what, 10, every=0.01)


def test_a_zombie_stays_shut_out_behind_a_crash(own_broker):
    broker = own_broker(SETTINGS)
    with raw.Connection(broker.address) as connection:
        connection.create("topic", 2)
        old = new_producer(connection, "name")
        old.good_produce("topic", b"old")
        late = old.batch(b"late", sequence=1)
        new = new_producer(connection, "name")
    broker.kill9()
    broker.start()
    with raw.Connection(broker.address) as connection:
        for producer in (old, new):
            producer.connection = connection
        new.good_produce("topic", b"new")
        for partition in (0, 1):
            answer = eventually(
                lambda p=partition: (
                    (found := old.send("topic", late, partition=p))["error_code"] in FENCED and found
                ),
                "it is refused",
                5,
            )
            assert answer["error_code"] == raw.INVALID_PRODUCER_EPOCH
        assert old.end(True)["error_code"] == raw.PRODUCER_FENCED
        new.commit()
        assert read_committed(connection, "topic") == [b"new"]
        assert end_offset(connection, "topic", 1) == 0


def test_a_transaction_that_nobody_ends_is_aborted_behind_a_crash(own_broker):
    """Its time runs on from when it began, as the record of it says."""
    broker = own_broker(SETTINGS)
    with raw.Connection(broker.address) as connection:
        connection.create("topic")
        producer = new_producer(connection, "name", timeout_ms=1500)
        producer.good_produce("topic", b"x")
        began = time.monotonic()
    broker.kill9()
    broker.start()
    with raw.Connection(broker.address) as connection:
        assert stable_offset(connection, "topic") == 0
        eventually(lambda: is_settled(connection, "topic"), "it is aborted", 10, every=0.02)
        assert 1.0 < time.monotonic() - began < 5
        stranger = TransactionalProducer(connection, "name")
        stranger.id, stranger.epoch = producer.id, producer.epoch
        assert stranger.end(True)["error_code"] == raw.TRANSACTION_ABORTABLE
        assert read_committed(connection, "topic") == []
