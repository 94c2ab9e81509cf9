"""What tests ask of transactions by hand: a producer that says each request itself, and careful readers."""

import struct
import time
from dataclasses import dataclass

from kafka.record.memory_records import MemoryRecords

import apis
import apis_groups
import apis_transactions
import raw
from disk import eventually

TRANSACTIONAL, CONTROL = 0x10, 0x20
COMMITTED = 1
# Version 1 of transactions names partitions before it writes to them; version 2 just writes, and every end
# of a transaction gives the producer a new epoch.
V1 = {"init": 4, "add": 3, "produce": 9, "offsets": 3, "end": 4}
V2 = {"init": 5, "add": None, "produce": 12, "offsets": 5, "end": 5}
# The oldest form of each request that a broker of today takes; aiokafka sends these.
OLDEST = {"init": 0, "add": 0, "produce": 3, "offsets": 0, "end": 0}

FENCED = (raw.INVALID_PRODUCER_EPOCH, raw.PRODUCER_FENCED)
TRANSIENT = (
    raw.COORDINATOR_LOAD_IN_PROGRESS,
    raw.COORDINATOR_NOT_AVAILABLE,
    raw.NOT_COORDINATOR,
    raw.CONCURRENT_TRANSACTIONS,
)


class TransactionalProducer:
    """A producer on one connection; `versions` says which form of each request it sends.

    Calls return error codes or answers as they came; only the `good_` ones insist that all went well."""

    def __init__(self, connection, identity, versions=V2, timeout_ms=60_000):
        self.connection, self.identity, self.versions = connection, identity, versions
        self.timeout_ms = timeout_ms
        self.id, self.epoch, self.sequences = -1, -1, {}

    # The calls

    def init(self, **fields):
        """The answer to one InitProducerId; taken over if it is good."""
        answer = self.connection.call(
            apis.INIT_PRODUCER_ID,
            self.versions["init"],
            transactional_id=self.identity,
            timeout_ms=self.timeout_ms,
            **fields,
        )
        if answer["error_code"] == 0:
            self.take_over(answer)
        return answer

    def take_over(self, answer):
        self.id, self.epoch, self.sequences = answer["producer_id"], answer["producer_epoch"], {}

    @property
    def owner(self):
        return {
            "transactional_id": self.identity,
            "producer_id": self.id,
            "producer_epoch": self.epoch,
        }

    def add(self, topic, *partitions):
        """The error code of each partition, by its number."""
        answer = self.connection.call(
            apis_transactions.ADD_PARTITIONS_TO_TXN,
            self.versions["add"],
            topics=[{"name": topic, "partitions": list(partitions)}],
            **self.owner,
        )
        return errors(answer["topics"])[topic]

    def batch(self, *values, partition=0, topic="", sequence=None, epoch=None, codec=0, transactional=True):
        """What `produce` would send next. The time is now: a broker forgets producers of old records."""
        if sequence is None:
            sequence = self.sequences.get((topic, partition), 0)
        epoch = self.epoch if epoch is None else epoch
        return raw.batch(
            *values,
            producer=(self.id, epoch, sequence),
            transactional=transactional,
            codec=codec,
            timestamp=int(time.time() * 1000),
        )

    def send(self, topic, records, *, partition=0, version=None, identity=""):
        """The answer to these very bytes. `topic` is an id from version 13 on."""
        version = self.versions["produce"] if version is None else version
        part = {"index": partition, "records": records}
        topics = [{"topic_id" if version >= 13 else "name": topic, "partitions": [part]}]
        answer = self.connection.call(
            apis.PRODUCE,
            version,
            transactional_id=self.identity if identity == "" else identity,
            topics=topics,
        )
        return raw.only_partition(answer)

    def produce(self, topic, *values, partition=0, version=None, codec=0):
        """Sends one batch; its sequence counts on if it was taken."""
        records = self.batch(*values, topic=topic, partition=partition, codec=codec)
        answer = self.send(topic, records, partition=partition, version=version)
        if answer["error_code"] == 0:
            self.sequences[topic, partition] = self.sequences.get((topic, partition), 0) + len(values)
        return answer

    def add_offsets(self, group, version=None):
        answer = self.connection.call(
            apis_transactions.ADD_OFFSETS_TO_TXN,
            self.versions["add"] if version is None else version,
            group_id=group,
            **self.owner,
        )
        return answer["error_code"]

    def commit_offset(self, group, topic, offset, *, partition=0, version=None, **member):
        """The error code of one TxnOffsetCommit. `member` is generation, member_id, instance_id."""
        version = self.versions["offsets"] if version is None else version
        part = {"index": partition, "offset": offset, "metadata": ""}
        topics = [{"topic_id" if version >= 6 else "name": topic, "partitions": [part]}]
        answer = self.connection.call(
            apis_transactions.TXN_OFFSET_COMMIT,
            version,
            group_id=group,
            topics=topics,
            **self.owner,
            **member,
        )
        return raw.only_partition(answer)["error_code"]

    def end(self, committed, version=None):
        """The answer to one EndTxn; nothing is taken over."""
        version = self.versions["end"] if version is None else version
        return self.connection.call(apis_transactions.END_TXN, version, committed=committed, **self.owner)

    # The calls that must succeed, tried again while the broker is busy with what was before

    def good_init(self, **fields):
        def tried():
            answer = self.init(**fields)
            return answer if answer["error_code"] not in TRANSIENT else None

        answer = eventually(tried, f"{self.identity} gets its producer id", 10, every=0.01)
        assert answer["error_code"] == 0, answer
        return self

    def good_add(self, topic, *partitions):
        if self.versions["add"] is None:
            return
        found = eventually(
            lambda: (
                found if (found := self.add(topic, *partitions)).get(partitions[0]) not in TRANSIENT else None
            ),
            "partitions are added",
            10,
            every=0.01,
        )
        assert set(found.values()) == {0}, found

    def good_produce(self, topic, *values, partition=0, **options):
        """Returns the base offset."""

        def tried():
            answer = self.produce(topic, *values, partition=partition, **options)
            return answer if answer["error_code"] not in TRANSIENT else None

        answer = eventually(tried, "records are taken", 10, every=0.01)
        assert answer["error_code"] == 0, answer
        return answer["base_offset"]

    def good_offset(self, group, topic, offset, **member):
        if self.versions["add"] is not None:
            assert self.add_offsets(group) == 0
        assert self.commit_offset(group, topic, offset, **member) == 0

    def good_end(self, committed):
        answer = self.end(committed)
        assert answer["error_code"] == 0, answer
        if self.versions["end"] >= 5:
            self.take_over(answer)
        return self

    def commit(self):
        return self.good_end(True)

    def abort(self):
        return self.good_end(False)


def new_producer(connection, identity, versions=V2, **options):
    """A transactional producer that has its id."""
    find_coordinator(connection, identity)
    return TransactionalProducer(connection, identity, versions, **options).good_init()


def find_coordinator(connection, identity):
    """The first time this makes the topic that transactions are kept in."""

    def found():
        answer = connection.call(apis.FIND_COORDINATOR, 3, key=identity, key_type=1)
        return answer["error_code"] == 0

    eventually(found, f"a coordinator for {identity}", 10, every=0.02)


def errors(topics):
    """{topic: {partition: error code}} of a list of topics with partitions in an answer."""
    return {
        topic["name"]: {part["index"]: part["error_code"] for part in topic["partitions"]}
        for topic in topics
    }


# Readers


@dataclass(frozen=True)
class Batch:
    """A record batch as it is on the wire. A control batch has one record, the marker."""

    base_offset: int
    last_offset: int
    attributes: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: tuple

    @property
    def is_transactional(self):
        return bool(self.attributes & TRANSACTIONAL)

    @property
    def is_control(self):
        return bool(self.attributes & CONTROL)

    @property
    def is_commit(self):
        """Of a control batch: whether it commits."""
        version, kind = struct.unpack(">hh", self.records[0][1])
        assert version == 0
        return kind == COMMITTED


def batches(data):
    """All batches of a fetched record set but one that was cut off; records are (offset, key, value)."""
    found, position, data = [], 0, bytes(data or b"")
    while position + 61 <= len(data):
        (length,) = struct.unpack_from(">i", data, position + 8)
        whole = data[position : position + 12 + length]
        if len(whole) < 12 + length:
            break
        position += len(whole)
        (base_offset,) = struct.unpack_from(">q", whole)
        attributes, delta = struct.unpack_from(">hi", whole, 21)
        producer = struct.unpack_from(">qhi", whole, 43)
        decoded = MemoryRecords(whole).next_batch()
        assert decoded.validate_crc()
        records = tuple((r.offset, _bytes(r.key), _bytes(r.value)) for r in decoded)
        found.append(Batch(base_offset, base_offset + delta, attributes, *producer, records))
    return found


def committed_records(answer):
    """(offset, value) of what a fetched partition shows to a reader of committed records only.

    Works as clients do: from the first offset of an aborted transaction on, the producer's records are left
    out, until its marker."""
    waiting = sorted(answer["aborted"] or (), key=lambda aborted: aborted["first_offset"])
    shut_out, shown = set(), []
    for batch in batches(answer["records"]):
        while waiting and waiting[0]["first_offset"] <= batch.last_offset:
            shut_out.add(waiting.pop(0)["producer_id"])
        if batch.is_control:
            if not batch.is_commit:
                shut_out.discard(batch.producer_id)
        elif not (batch.is_transactional and batch.producer_id in shut_out):
            shown += [(offset, value) for offset, _, value in batch.records]
    return shown


class CommittedReader:
    """Reads one partition from an offset on, as far as it is committed; `position` is where it goes on."""

    def __init__(self, topic, partition=0, position=0):
        self.topic, self.partition, self.position = topic, partition, position
        self.records = []

    def poll(self, connection, max_wait_ms=0):
        """What is new: (offset, value)."""
        answer = connection.fetch(
            self.topic,
            self.position,
            partition=self.partition,
            version=11,
            isolation_level=1,
            max_wait_ms=max_wait_ms,
        )
        assert answer["error_code"] == 0, answer
        assert answer["last_stable_offset"] <= answer["high_watermark"]
        fetched = batches(answer["records"])
        # A batch comes whole, even if it begins before the offset that was asked for.
        new = [record for record in committed_records(answer) if record[0] >= self.position]
        for batch in fetched:
            assert batch.last_offset < answer["last_stable_offset"], "beyond the last stable offset"
            self.position = max(self.position, batch.last_offset + 1)
        self.records += new
        return new

    def read_to_end(self, connection):
        """Everything up to the last stable offset of now; returns all that was ever read."""
        end = stable_offset(connection, self.topic, self.partition)
        while self.position < end:
            before = self.position
            self.poll(connection)
            assert self.position > before, f"no way on from {before} to {end}"
        return self.records


def read_committed(connection, topic, partition=0):
    """The values of all committed records."""
    return [value for _, value in CommittedReader(topic, partition).read_to_end(connection)]


def read_all(connection, topic, partition=0):
    """The values of all records, whatever became of them; not of markers."""
    return [
        value
        for batch in all_batches(connection, topic, partition)
        if not batch.is_control
        for _, _, value in batch.records
    ]


def all_batches(connection, topic, partition=0):
    found, offset = [], 0
    while fetched := batches(connection.fetch(topic, offset, partition=partition, version=11)["records"]):
        found += fetched
        offset = fetched[-1].last_offset + 1
    return found


def stable_offset(connection, topic, partition=0):
    """The last stable offset, as ListOffsets says it."""
    part = {"index": partition, "timestamp": raw.LATEST}
    topics = [{"name": topic, "partitions": [part]}]
    answer = raw.only_partition(connection.call(apis.LIST_OFFSETS, 7, isolation_level=1, topics=topics))
    assert answer["error_code"] == 0, answer
    return answer["offset"]


def end_offset(connection, topic, partition=0):
    return connection.list_offset(topic, raw.LATEST, partition=partition)["offset"]


def is_settled(connection, topic, partition=0):
    """Whether no transaction is open here: readers of committed records reach the end."""
    return stable_offset(connection, topic, partition) == end_offset(connection, topic, partition)


def _bytes(value):
    return None if value is None else bytes(value)


def committed_offset(connection, group, topic, partition=0):
    """(offset, error code) for a member that wants no offset whose transaction may still be taken back."""
    answer = connection.call(
        apis_groups.OFFSET_FETCH,
        8,
        groups=[{"group_id": group, "topics": [{"name": topic, "indexes": [partition]}]}],
        require_stable=True,
    )
    [found] = answer["groups"]
    if found["error_code"]:
        return (-1, found["error_code"])
    part = raw.only_partition(found)
    return (part["offset"], part["error_code"])
