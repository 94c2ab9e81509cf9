"""Transactions by hand: as Java and our own client speak them (version 2), and older ones (version 1)."""

import struct
import time

import pytest

import apis
import apis_groups
import raw
from conftest import unique
from disk import eventually
from raw_groups import arrive, beat, commit, join_alone
from raw_transactions import (
    OLDEST,
    TRANSACTIONAL,
    V1,
    V2,
    CommittedReader,
    TransactionalProducer,
    all_batches,
    batches,
    committed_offset,
    committed_records,
    end_offset,
    errors,
    is_settled,
    new_producer,
    read_all,
    read_committed,
    stable_offset,
)

SETTINGS = {
    "transaction.state.log.num.partitions": 4,
    "offsets.topic.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
}

both = pytest.mark.parametrize("versions", [V1, V2], ids=["version-1", "version-2"])
outcomes = pytest.mark.parametrize("committed", [True, False], ids=["commit", "abort"])


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("transactional")


# The course of a transaction


@both
def test_records_are_seen_when_their_transaction_is_committed(connection, topic, name, versions):
    """By readers of committed records; others see them at once. Three partitions, two transactions."""
    connection.create(topic, 3)
    producer = new_producer(connection, name, versions)
    for number in range(2):
        producer.good_add(topic, 0, 1, 2)
        for partition in range(3):
            producer.good_produce(topic, b"a%d" % number, partition=partition)
            producer.good_produce(topic, b"b%d" % number, b"c%d" % number, partition=partition)
        for partition in range(3):
            assert stable_offset(connection, topic, partition) == 4 * number
            assert len(read_committed(connection, topic, partition)) == 3 * number
            assert len(read_all(connection, topic, partition)) == 3 * number + 3
        producer.commit()
        for partition in range(3):
            # Whoever has heard that it is committed finds it committed.
            assert stable_offset(connection, topic, partition) == 4 * number + 4
            seen = read_committed(connection, topic, partition)
            assert seen == [b"%c%d" % (letter, n) for n in range(number + 1) for letter in b"abc"]


@both
def test_aborted_records_are_never_seen(connection, topic, name, versions):
    connection.create(topic, 2)
    producer = new_producer(connection, name, versions)
    for number in range(6):
        producer.good_add(topic, number % 2)
        producer.good_produce(topic, b"%d" % number, partition=number % 2)
        producer.good_end(committed=number % 3 == 0)
    assert read_committed(connection, topic, 0) == [b"0"]
    assert read_committed(connection, topic, 1) == [b"3"]
    assert read_all(connection, topic, 0) == [b"0", b"2", b"4"]


@pytest.mark.parametrize("version", [12, 13])
def test_each_end_gives_the_next_epoch(connection, topic, name, version):
    """Version 2: the epoch of the answer is the one to go on with; sequences begin at zero."""
    by_id = connection.create(topic)
    target = by_id if version >= 13 else topic
    producer = new_producer(connection, name)
    assert producer.epoch == 0
    for number in range(4):
        identity, epoch = producer.id, producer.epoch
        producer.good_produce(target, b"%d" % number, version=version)
        answer = producer.end(committed=True)
        assert (answer["error_code"], answer["producer_id"]) == (0, identity)
        assert answer["producer_epoch"] == epoch + 1
        producer.take_over(answer)
    assert read_committed(connection, topic) == [b"0", b"1", b"2", b"3"]


def test_the_epoch_stays_in_version_1(connection, topic, name):
    connection.create(topic)
    producer = new_producer(connection, name, V1)
    for number in range(3):
        producer.good_add(topic, 0)
        producer.good_produce(topic, b"%d" % number)
        producer.commit()
    assert [batch.producer_epoch for batch in all_batches(connection, topic)] == [0] * 6


@pytest.mark.parametrize("version", range(4))
def test_the_requests_of_old_clients(connection, topic, name, version):
    """Everything in the same version, from 0 on."""
    connection.create(topic, 2)
    group = unique("group")
    requests = {**OLDEST, "init": version, "add": version, "produce": 3 + version, "offsets": version}
    producer = new_producer(connection, name, {**requests, "end": version})
    for number in range(2):
        producer.good_add(topic, 0, 1)
        producer.good_produce(topic, b"x")
        producer.good_offset(group, topic, 5 + number)
        producer.good_end(committed=number == 0)
    assert read_committed(connection, topic) == [b"x"]
    assert committed_offset(connection, group, topic) == (5, 0)


@outcomes
def test_a_transaction_without_anything_in_it(connection, topic, name, committed):
    """Older clients end nothing that they have not begun; version 2 may abort it, for a new epoch."""
    connection.create(topic)
    producer = new_producer(connection, name)
    answer = producer.end(committed)
    if committed:
        assert answer["error_code"] == raw.INVALID_TXN_STATE
    else:
        assert (answer["error_code"], answer["producer_epoch"]) == (0, 1)
        producer.take_over(answer)
        producer.good_produce(topic, b"x")
        producer.commit()
        assert read_committed(connection, topic) == [b"x"]
    old = new_producer(connection, name + "-old", V1)
    assert old.end(committed)["error_code"] == raw.INVALID_TXN_STATE


def test_transactions_of_several_producers_interleave(connection, topic):
    """The first that is open holds readers of committed records up; each has its own outcome."""
    connection.create(topic)
    producers = [
        new_producer(connection, unique("interleaved"), versions) for versions in (V1, V2, V2, V1, V2)
    ]
    for letter in b"abc":
        for number, producer in enumerate(producers):
            producer.good_add(topic, 0)
            producer.good_produce(topic, b"%c%d" % (letter, number))
    assert stable_offset(connection, topic) == 0
    for number in (4, 1, 3):
        producers[number].good_end(committed=number != 3)
        assert stable_offset(connection, topic) == 0
        assert read_committed(connection, topic) == []
    producers[0].abort()
    # What is open now begins with c2's producer, at its first record.
    assert stable_offset(connection, topic) == 2
    assert read_committed(connection, topic) == [b"a1"]
    producers[2].commit()
    assert is_settled(connection, topic)
    expected = [b"%c%d" % (letter, number) for letter in b"abc" for number in (1, 2, 4)]
    assert read_committed(connection, topic) == expected


def test_plain_records_wait_for_the_transaction_before_them(connection, topic, name):
    connection.create(topic)
    producer = new_producer(connection, name)
    assert connection.produce(topic, raw.batch(b"before"))["error_code"] == 0
    producer.good_produce(topic, b"within")
    assert connection.produce(topic, raw.batch(b"behind"))["error_code"] == 0
    assert read_committed(connection, topic) == [b"before"]
    producer.abort()
    assert read_committed(connection, topic) == [b"before", b"behind"]


@both
def test_repeated_batches_are_stored_once(connection, topic, name, versions):
    connection.create(topic)
    producer = new_producer(connection, name, versions)
    producer.good_add(topic, 0)
    first = producer.batch(b"a", b"b")
    second = producer.batch(b"c", sequence=2)
    assert [producer.send(topic, records)["base_offset"] for records in (first, second, first)] == [0, 2, 0]
    gap = producer.send(topic, producer.batch(b"e", sequence=4))
    assert gap["error_code"] == raw.OUT_OF_ORDER_SEQUENCE
    producer.commit()
    assert read_committed(connection, topic) == [b"a", b"b", b"c"]


def test_a_reader_that_waits_hears_of_the_commit(broker, connection, topic, name):
    """A long poll for committed records ends with the commit, not with its time."""
    connection.create(topic)
    producer = new_producer(connection, name)
    producer.good_produce(topic, b"x")
    with raw.Connection(broker.address, 20) as waiting:
        part = {"index": 0, "fetch_offset": 0}
        fields = {"max_wait_ms": 15_000, "min_bytes": 1, "isolation_level": 1}
        topics = [{"name": topic, "partitions": [part]}]
        number = waiting.send(apis.FETCH, 11, topics=topics, **fields)
        waiting.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            waiting.read(1)
        waiting.socket.settimeout(20)
        producer.commit()
        began = time.monotonic()
        answer = raw.only_partition(waiting.receive(apis.FETCH, 11, number))
        assert time.monotonic() - began < 5
        assert [value for _, value in committed_records(answer)] == [b"x"]


# Ends, repeated and refused


@outcomes
def test_a_repeated_end_gets_the_same_answer(connection, topic, name, committed):
    """Its first answer was lost: the producer still has the old epoch. The other outcome is refused: who
    wants to commit what is aborted may abort it, and go on."""
    connection.create(topic)
    producer = new_producer(connection, name)
    producer.good_produce(topic, b"x")
    answers = [producer.end(committed) for _ in range(3)]
    assert answers[0]["error_code"] == 0
    assert [answer["producer_epoch"] for answer in answers] == [1, 1, 1]
    assert len({(answer["error_code"], answer["producer_id"]) for answer in answers}) == 1
    other = raw.INVALID_TXN_STATE if committed else raw.TRANSACTION_ABORTABLE
    assert producer.end(not committed)["error_code"] == other
    assert len(all_batches(connection, topic)) == 2
    producer.take_over(answers[0])
    producer.good_produce(topic, b"y")
    # Now the old one is too old, whatever it asks for.
    now, producer.epoch = producer.epoch, 0
    for outcome in (True, False):
        assert producer.end(outcome)["error_code"] == raw.PRODUCER_FENCED
    producer.epoch = now
    producer.commit()
    assert read_committed(connection, topic) == ([b"x", b"y"] if committed else [b"y"])


@both
def test_ends_of_strangers_are_refused(connection, topic, name, versions):
    connection.create(topic)
    producer = new_producer(connection, name, versions)
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"x")
    stranger = TransactionalProducer(connection, name, versions)
    for identity, epoch, expected in (
        (producer.id + 1000, 0, raw.INVALID_PRODUCER_ID_MAPPING),
        (producer.id, 1, raw.PRODUCER_FENCED),
    ):
        stranger.id, stranger.epoch = identity, epoch
        for outcome in (True, False):
            assert stranger.end(outcome)["error_code"] == expected
    stranger.identity = name + "-unknown"
    assert stranger.end(True)["error_code"] == raw.INVALID_PRODUCER_ID_MAPPING
    stranger.identity = ""
    assert stranger.end(True)["error_code"] in (raw.INVALID_REQUEST, raw.INVALID_PRODUCER_ID_MAPPING)
    producer.commit()
    assert read_committed(connection, topic) == [b"x"]


# What lies in the log


@both
@outcomes
def test_the_bytes_of_a_marker(connection, topic, name, versions, committed):
    """A control batch of the producer. In version 2 it has the epoch that comes next."""
    connection.create(topic)
    producer = new_producer(connection, name, versions)
    producer.good_add(topic, 0)
    producer.good_produce(topic, b"x")
    identity, epoch = producer.id, producer.epoch
    producer.good_end(committed)
    data, marker = all_batches(connection, topic)
    assert (data.attributes, data.producer_id, data.producer_epoch) == (TRANSACTIONAL, identity, epoch)
    assert (marker.attributes, marker.producer_id, marker.base_sequence) == (0x30, identity, -1)
    assert marker.producer_epoch == epoch + (versions is V2)
    [(offset, key, value)] = marker.records
    assert (offset, key) == (1, struct.pack(">hh", 0, int(committed)))
    assert len(value) == 6
    version, coordinator_epoch = struct.unpack(">hi", value)
    assert version == 0 and coordinator_epoch >= 0


@pytest.mark.parametrize("version", range(4, 19))
def test_aborted_transactions_are_named_in_every_version_of_fetch(connection, topic, version):
    """Two producers abort, one commits, all mixed; also for a reader that begins in the middle."""
    by_id = connection.create(topic)
    target = by_id if version >= 13 else topic
    one, two, three = (new_producer(connection, unique("aborted")) for _ in range(3))
    for number in range(2):
        for producer in (one, two, three):
            producer.good_produce(topic, b"%d" % number)
    one.abort()
    three.commit()
    two.abort()

    def fetch(offset, **settings):
        part = {"index": 0, "fetch_offset": offset}
        topics = [{"topic_id" if version >= 13 else "name": target, "partitions": [part]}]
        return raw.only_partition(connection.call(apis.FETCH, version, topics=topics, **settings))

    plain = fetch(0)
    assert plain["last_stable_offset"] == plain["high_watermark"] == 9
    assert not plain["aborted"]
    assert sum(len(batch.records) for batch in batches(plain["records"])) == 9
    for offset, wanted in ((0, [0, 1]), (4, [0, 1]), (6, [0, 1]), (7, [1])):
        answer = fetch(offset, isolation_level=1)
        named = [(found["producer_id"], found["first_offset"]) for found in answer["aborted"]]
        expected = [(one.id, 0), (two.id, 1)]
        assert set(expected[number] for number in wanted) <= set(named) <= set(expected)
        values = [value for at, value in committed_records(answer) if at >= offset]
        assert values == [b"0", b"1"][(offset > 2) + (offset > 5) :]


def test_many_aborted_transactions(connection, topic, name):
    """A thousand, every tenth committed: read in one go, and in small pieces."""
    connection.create(topic, segment_bytes=16384)
    producer = new_producer(connection, name)
    expected = []
    for number in range(1000):
        value = b"%d" % number
        producer.good_produce(topic, value)
        producer.good_end(committed=number % 10 == 0)
        expected += [value] * (number % 10 == 0)
    assert read_committed(connection, topic) == expected
    reader, offset = CommittedReader(topic), 0
    while offset < end_offset(connection, topic):
        answer = connection.fetch(topic, offset, version=11, isolation_level=1, partition_max_bytes=400)
        fetched = batches(answer["records"])
        offset = fetched[-1].last_offset + 1
        reader.records += [record for record in committed_records(answer)]
        # Only what these few records need is named.
        assert len(answer["aborted"] or ()) <= 5 + len(fetched)
    assert [value for _, value in reader.records] == expected


@pytest.mark.parametrize("codec", [0, 1, 2, 3, 4], ids=["none", "gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches(connection, topic, name, codec):
    connection.create(topic)
    producer = new_producer(connection, name)
    values = [b"value %d" % number * 20 for number in range(200)]
    for committed in (True, False, True):
        producer.good_produce(topic, *values, codec=codec)
        producer.good_end(committed)
    assert read_committed(connection, topic) == values * 2


# Offsets of groups


@both
@outcomes
def test_offsets_count_when_their_transaction_is_committed(connection, topic, name, versions, committed):
    connection.create(topic)
    group = unique("group")
    assert commit(connection, group, topic, 3) == 0
    producer = new_producer(connection, name, versions)
    producer.good_offset(group, topic, 7)
    assert committed_offset(connection, group, topic) == (-1, raw.UNSTABLE_OFFSET_COMMIT)
    producer.good_end(committed)

    def stable():
        found = committed_offset(connection, group, topic)
        return found if found[1] != raw.UNSTABLE_OFFSET_COMMIT else None

    assert eventually(stable, "no offset is pending", 5, every=0.01) == (7 if committed else 3, 0)


@pytest.mark.parametrize("version", range(6))
def test_every_version_of_offsets_in_transactions(connection, topic, name, version):
    """Before version 5 only behind AddOffsetsToTxn; unknown partitions do not spoil the others."""
    connection.create(topic)
    group = unique("group")
    producer = new_producer(connection, name, V1 if version < 5 else V2)
    if version < 5:
        refused = producer.commit_offset(group, topic, 1, version=version)
        assert refused == (raw.TRANSACTION_ABORTABLE if version == 4 else raw.INVALID_TXN_STATE)
        assert producer.add_offsets(group) == 0
    assert producer.commit_offset(group, topic, 1, version=version) == 0
    unknown = producer.commit_offset(group, topic, 1, partition=1, version=version)
    assert unknown == raw.UNKNOWN_TOPIC_OR_PARTITION
    producer.commit()
    assert committed_offset(connection, group, topic) == (1, 0)


def test_members_that_are_no_longer_members_commit_nothing(connection, topic, name):
    """KIP-447: offsets in a transaction carry the member and its generation."""
    connection.create(topic)
    group = unique("group")
    member, generation = join_alone(connection, group, instance="here")
    producer = new_producer(connection, name)
    right = {"generation": generation, "member_id": member, "instance_id": "here"}
    for wrong, expected in (
        ({"generation": generation - 1}, raw.ILLEGAL_GENERATION),
        ({"generation": generation + 1}, raw.ILLEGAL_GENERATION),
        ({"member_id": "somebody", "instance_id": None}, raw.UNKNOWN_MEMBER_ID),
        ({"member_id": "somebody"}, raw.FENCED_INSTANCE_ID),
    ):
        assert producer.commit_offset(group, topic, 5, **(right | wrong)) == expected, wrong
    assert producer.commit_offset(group, topic, 6, **right) == 0
    producer.commit()
    assert committed_offset(connection, group, topic) == (6, 0)


def test_members_of_the_consumer_protocol(connection, topic, name):
    """Producers know no member epochs, so they hear of generations."""
    connection.create(topic)
    group = unique("group")
    answer = arrive(connection, group, "me", topic)
    assert answer["error_code"] == 0, answer
    member, epoch = answer["member_id"], answer["member_epoch"]
    producer = new_producer(connection, name)
    for wrong, expected in (
        ({"generation": epoch - 1}, raw.ILLEGAL_GENERATION),
        ({"generation": epoch + 1}, raw.ILLEGAL_GENERATION),
        ({"member_id": "somebody"}, raw.UNKNOWN_MEMBER_ID),
    ):
        right = {"generation": epoch, "member_id": member}
        assert producer.commit_offset(group, topic, 5, **(right | wrong)) == expected, wrong
    assert producer.commit_offset(group, topic, 6, generation=epoch, member_id=member) == 0
    producer.commit()
    assert committed_offset(connection, group, topic) == (6, 0)
    assert beat(connection, group, member, epoch)["error_code"] == 0


def test_outputs_and_offsets_share_their_fate(connection, topic, name):
    connection.create(topic)
    group = unique("group")
    producer = new_producer(connection, name)
    for number in range(1, 9):
        producer.good_produce(topic, b"%d" % number)
        producer.good_offset(group, topic, number)
        producer.good_end(committed=number % 2 == 0)
    assert read_committed(connection, topic) == [b"2", b"4", b"6", b"8"]
    assert committed_offset(connection, group, topic) == (8, 0)
    # Also for those who list all offsets of the group.
    [found] = connection.call(
        apis_groups.OFFSET_FETCH, 8, groups=[{"group_id": group, "topics": None}], require_stable=True
    )["groups"]
    assert errors([{"name": t["name"], "partitions": t["partitions"]} for t in found["topics"]]) == {
        topic: {0: 0}
    }
