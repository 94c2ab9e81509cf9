"""Producers and readers at once, over a network that delays, repeats, reorders and loses requests, while
producers and the broker die: what all of them saw together must be a history that the protocol permits
(`history.py`).

`MARTLET_SEED` draws the same lots again, `MARTLET_HISTORY_SECONDS` says how long each history goes on."""

import os
import random
import threading
import time

import pytest

import raw
from disk import assert_verified, directory
from history import ABORTED, COMMITTED, UNKNOWN, History, check
from proxy import Faults, Proxy
from raw_transactions import FENCED, committed_offset, find_coordinator, new_producer
from transaction_load import OffsetWatch, Reader, Writer, final_log, open_partitions

SECONDS = float(os.environ.get("MARTLET_HISTORY_SECONDS", "12"))
SEED = int(os.environ.get("MARTLET_SEED", random.SystemRandom().randrange(1 << 32)))
SETTINGS = {
    "transaction.state.log.num.partitions": 3,
    "offsets.topic.num.partitions": 3,
    "log.segment.bytes": 65536,
}
PARTITIONS, WRITERS = 4, 6


class Story:
    def __init__(self, broker, seed, faults, kills):
        self.broker, self.seed, self.faults, self.kills = broker, seed, faults, kills
        self.random = random.Random(seed)
        self.writers_stop, self.readers_stop = threading.Event(), threading.Event()
        self.history, self.writers, self.still_open, self.counts = History(), [], [], {}

    def tell(self):
        with raw.Connection(self.broker.address) as connection:
            connection.create("log", PARTITIONS)
            find_coordinator(connection, "anybody")
        with Proxy(self.broker.address, self.seed, self.faults) as proxy:
            self.writers = [
                Writer(proxy.address, f"w{n}", "log", PARTITIONS, (self.seed << 8) + n, self.writers_stop)
                for n in range(WRITERS)
            ]
            watchers = [
                Reader(
                    self.broker.address, f"r{n}", "log", PARTITIONS, self.seed + n, self.readers_stop, n > 0
                )
                for n in range(2)
            ]
            offsets = OffsetWatch(self.broker.address, "log", self.writers, self.readers_stop)
            everybody = [*self.writers, *watchers, offsets]
            for thread in everybody:
                thread.start()
            try:
                self._trouble()
            finally:
                self.writers_stop.set()
                for writer in self.writers:
                    writer.join(60)
                self.readers_stop.set()
                for thread in (*watchers, offsets):
                    thread.join(20)
            failures = [thread.failure for thread in everybody if thread.failure]
            assert not failures, f"MARTLET_SEED={self.seed}: {failures}"
            self._end_what_is_open()
            # What arrives now belongs to transactions that are over.
            proxy.calm()
            self.counts = proxy.counts
        self._look(watchers, offsets)

    def _trouble(self):
        """The broker is killed now and then."""
        end = time.monotonic() + SECONDS
        for _ in range(self.kills):
            time.sleep(self.random.uniform(0.5, 1.5) * SECONDS / (self.kills + 1))
            self.broker.kill9()
            time.sleep(self.random.uniform(0, 0.3))
            self.broker.start()
        time.sleep(max(0, end - time.monotonic()))

    def _end_what_is_open(self):
        with raw.Connection(self.broker.address) as connection:
            for writer in self.writers:
                new_producer(connection, writer.name)

    def _look(self, watchers, offsets):
        with raw.Connection(self.broker.address) as connection:
            self.still_open = open_partitions(connection, "log", PARTITIONS)
            self.history.log = final_log(connection, "log", PARTITIONS)
            for writer in self.writers:
                found, error = committed_offset(connection, writer.group, "log")
                assert error == 0, f"MARTLET_SEED={self.seed}: {writer.group} has error {error}"
                self.history.offsets[writer.name] = found
        self.history.transactions = [t for writer in self.writers for t in writer.transactions]
        self.history.polls = [poll for watcher in watchers for poll in watcher.polls]
        self.history.offsets_seen = offsets.seen

    def summary(self):
        fates = [transaction.fate for transaction in self.history.transactions]
        return {
            **{fate: fates.count(fate) for fate in (COMMITTED, ABORTED, UNKNOWN)},
            "deaths": sum(writer.deaths for writer in self.writers),
            "impatient": sum(writer.impatient for writer in self.writers),
            "refusals": {key: n for writer in self.writers for key, n in writer.refusals.items()},
            **self.counts,
        }


@pytest.mark.parametrize(
    "faults,kills",
    [(Faults(), 0), (Faults(slow=60, twice=150, late=100, lost=30, unanswered=60), 0), (Faults(), 5)],
    ids=["a-bad-network", "a-terrible-network", "and-a-broker-that-dies"],
)
def test_the_history_is_one_that_the_protocol_permits(own_broker, faults, kills):
    broker = own_broker(SETTINGS)
    story = Story(broker, SEED, faults, kills)
    story.tell()
    summary = story.summary()
    print(f"MARTLET_SEED={SEED}: {summary}")
    complaints = check(story.history)
    assert not complaints, f"MARTLET_SEED={SEED}: {len(complaints)} complaints: {complaints[:5]} {summary}"
    assert not story.still_open, f"MARTLET_SEED={SEED}: open for ever: {story.still_open} {summary}"
    # Nobody hears of anything but having been fenced: the rest a client could try again.
    assert {code for _, code in summary["refusals"]} <= set(FENCED), summary
    # Enough has happened to say so.
    assert summary[COMMITTED] > 100 and summary[ABORTED] > 30 and summary["impatient"] > 5, summary
    broker.stop()
    for partition in range(PARTITIONS):
        assert_verified(directory(broker, "log", partition))
    broker.start()
