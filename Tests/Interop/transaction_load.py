"""Producers and readers that write down what they do and see, for `history.py` to judge.

Each `Writer` is what a careful client is: it numbers its batches, repeats what got no answer, aborts after
an error, and begins anew when it is fenced. Now and then it is impatient and does not try again, or dies
without a word."""

import contextlib
import random
import threading
import time

import apis
import apis_transactions
import raw
from history import ABORTED, COMMITTED, UNKNOWN, OffsetSeen, Poll, Transaction, Write
from raw_transactions import (
    TRANSIENT,
    V2,
    CommittedReader,
    TransactionalProducer,
    committed_offset,
    stable_offset,
)

# Longer than the broker takes, shorter than the proxy delays.
ANSWER_SECONDS = 0.5
TRIES = 12
# A partition whose leader is starting, besides what coordinators say in the same case.
AGAIN = (*TRANSIENT, 5, 6, 7, 19, 20, raw.KAFKA_STORAGE_ERROR, raw.UNKNOWN_TOPIC_OR_PARTITION)


class GaveUp(Exception):
    """No answer in all these tries: the request may have been carried out or not."""


class Fails(Exception):
    """The broker refused it for good; the argument is the error code."""


class Died(Exception):
    """As told by the seed, in the middle of the work."""


class Line:
    """A connection that is made anew after each failure."""

    def __init__(self, address, seconds=ANSWER_SECONDS):
        self.address, self.seconds, self.connection = address, seconds, None

    def call(self, api, version, **fields):
        """None if there is no answer."""
        try:
            if self.connection is None:
                self.connection = raw.Connection(self.address, self.seconds)
            return self.connection.call(api, version, **fields)
        except (OSError, raw.Closed):
            self.cut()
            return None

    def cut(self):
        if self.connection is not None:
            self.connection.socket.close()
            self.connection = None


class Writer(threading.Thread):
    """Writes unique values to some of the partitions in each transaction, and commits an offset in most."""

    def __init__(self, address, name, topic, partition_count, seed, stopping):
        super().__init__()
        self.line, self.name, self.topic, self.stopping = Line(address), name, topic, stopping
        self.random = random.Random(seed)
        self.partition_count = partition_count
        self.transactions, self.number, self.failure = [], 0, None
        self.deaths, self.impatient, self.refusals = 0, 0, {}
        # Only its bookkeeping of id, epoch and batches is used; requests go over the line.
        self.producer = TransactionalProducer(None, name)

    @property
    def group(self):
        return f"group-{self.name}"

    def run(self):
        try:
            while not self.stopping.is_set():
                with contextlib.suppress(GaveUp, Died, Fails):
                    self._live()
                self.line.cut()
        except Exception as error:
            self.failure = repr(error)
            raise

    def _live(self):
        """One incarnation: until it dies, or cannot go on."""
        self._init()
        while not self.stopping.is_set():
            self._transaction()

    def _init(self):
        owner = {"transactional_id": self.name, "timeout_ms": 60_000}
        self.producer.take_over(self._call(apis.INIT_PRODUCER_ID, V2["init"], **owner)[0])

    def _transaction(self):
        self.number += 1
        now = Transaction(self.name, self.number, [], ABORTED, began=time.monotonic())
        self.transactions.append(now)
        try:
            self._fill(now)
        except Fails:
            return self._end(now, False)
        except GaveUp:
            self.impatient += 1
            return self._end(now, False)
        self._end(now, self.random.random() < 0.75)

    def _fill(self, now):
        partitions = self.random.sample(
            range(self.partition_count), self.random.randint(1, self.partition_count)
        )
        for turn in range(self.random.randint(1, 3)):
            for partition in partitions:
                self._maybe_die()
                values = [
                    f"{self.name}.{self.number}.{turn}.{partition}.{place}"
                    for place in range(self.random.randint(1, 3))
                ]
                first = len(now.writes)
                # Noted before it is sent: it may arrive without an answer.
                now.writes += [Write(partition, value) for value in values]
                base = self._produce(partition, values)
                if base >= 0:
                    for place, value in enumerate(values):
                        now.writes[first + place] = Write(partition, value, base + place)
        if self.random.random() < 0.8:
            now.commits = self.number
            self._commit_offset(self.number)

    def _impatience(self):
        """How often it tries: once, sometimes. What it then aborts may still be on its way."""
        return 1 if self.random.random() < 0.15 else TRIES

    def _produce(self, partition, values):
        sequence = self.producer.sequences.get(partition, 0)
        records = self.producer.batch(*(value.encode() for value in values), sequence=sequence)
        topics = [{"name": self.topic, "partitions": [{"index": partition, "records": records}]}]
        answer, _ = self._call(
            apis.PRODUCE,
            V2["produce"],
            find=raw.only_partition,
            tries=self._impatience(),
            transactional_id=self.name,
            topics=topics,
        )
        self.producer.sequences[partition] = sequence + len(values)
        return answer["base_offset"]

    def _commit_offset(self, offset):
        part = {"index": 0, "offset": offset, "metadata": ""}
        self._call(
            apis_transactions.TXN_OFFSET_COMMIT,
            V2["offsets"],
            find=raw.only_partition,
            tries=self._impatience(),
            group_id=self.group,
            topics=[{"name": self.topic, "partitions": [part]}],
            **self.producer.owner,
        )

    def _end(self, now, commits):
        self._maybe_die()
        now.fate = UNKNOWN if commits else ABORTED
        try:
            # Impatient with a commit it cannot go on, for it does not know in which state it is.
            answer, _ = self._call(
                apis_transactions.END_TXN,
                V2["end"],
                tries=self._impatience() if commits else TRIES,
                committed=commits,
                **self.producer.owner,
            )
        except Fails as refused:
            # It never was committed, unless an earlier try was that got no answer.
            now.fate = UNKNOWN if commits and not refused.args[1] else ABORTED
            raise
        now.fate = COMMITTED if commits else ABORTED
        now.ended = time.monotonic()
        self.producer.take_over(answer)

    def _maybe_die(self):
        if self.random.random() < 0.004:
            self.deaths += 1
            raise Died

    def _call(self, api, version, find=lambda answer: answer, tries=TRIES, **fields):
        """The good answer, and whether the tries before it can have done nothing."""
        was_sure = True
        for attempt in range(tries):
            answer = self.line.call(api, version, **fields)
            if answer is None:
                was_sure = False
                time.sleep(0.02 * attempt)
                continue
            found = find(answer)
            code = found["error_code"]
            if code == 0:
                return found, was_sure
            if code not in AGAIN:
                key = (api.name, code)
                self.refusals[key] = self.refusals.get(key, 0) + 1
                raise Fails(code, was_sure)
            was_sure = False
            time.sleep(0.01)
        raise GaveUp


class Reader(threading.Thread):
    """Reads all partitions over and over as far as they are committed, across restarts of the broker; with
    `starts_anew` it goes back to some earlier place now and then, under a new name."""

    def __init__(self, address, name, topic, partition_count, seed, stopping, starts_anew=False):
        super().__init__()
        self.address, self.topic, self.stopping = address, topic, stopping
        self.base_name, self.lives, self.starts_anew = name, 0, starts_anew
        self.random = random.Random(seed)
        self.readers = [CommittedReader(topic, partition) for partition in range(partition_count)]
        self.polls, self.failure = [], None

    def run(self):
        try:
            while not self.stopping.is_set():
                with contextlib.suppress(OSError, raw.Closed):
                    with raw.Connection(self.address, 5) as connection:
                        while not self.stopping.is_set():
                            self._round(connection)
                self.stopping.wait(0.02)
        except Exception as error:
            self.failure = repr(error)
            raise

    def _round(self, connection):
        for reader in self.readers:
            start = reader.position
            new = reader.poll(connection, max_wait_ms=20)
            records = [(offset, value.decode()) for offset, value in new]
            self.polls.append(
                Poll(f"{self.base_name}-{self.lives}", reader.partition, start, reader.position, records)
            )
        if self.starts_anew and self.random.random() < 0.05:
            self.lives += 1
            for reader in self.readers:
                reader.position = self.random.randint(0, reader.position)


class OffsetWatch(threading.Thread):
    """Asks for the offsets of all writers' groups, and only for those that are certain."""

    def __init__(self, address, topic, writers, stopping):
        super().__init__()
        self.address, self.topic, self.writers, self.stopping = address, topic, writers, stopping
        self.seen, self.failure = [], None

    def run(self):
        try:
            while not self.stopping.is_set():
                with contextlib.suppress(OSError, raw.Closed):
                    with raw.Connection(self.address, 5) as connection:
                        while not self.stopping.wait(0.02):
                            self._round(connection)
                self.stopping.wait(0.02)
        except Exception as error:
            self.failure = repr(error)
            raise

    def _round(self, connection):
        for writer in self.writers:
            asked = time.monotonic()
            offset, error = committed_offset(connection, writer.group, self.topic)
            if error == 0:
                self.seen.append(OffsetSeen(writer.name, offset, asked, time.monotonic()))


def final_log(connection, topic, partition_count):
    """{partition: [(offset, value)]} of everything that is committed."""
    return {
        partition: [
            (offset, value.decode())
            for offset, value in CommittedReader(topic, partition).read_to_end(connection)
        ]
        for partition in range(partition_count)
    }


def open_partitions(connection, topic, partition_count):
    """Partitions in which a transaction is open: (partition, last stable offset, end)."""
    found = []
    for partition in range(partition_count):
        stable = stable_offset(connection, topic, partition)
        end = connection.list_offset(topic, raw.LATEST, partition=partition)["offset"]
        if stable != end:
            found.append((partition, stable, end))
    return found
