"""Who may still write in a transaction, and who not: late requests, zombies, timeouts, nonsense."""

import struct
import time

import pytest

import apis
import raw
from conftest import unique
from disk import append_batch, directory, eventually
from raw_transactions import (
    FENCED,
    OLDEST,
    V1,
    V2,
    TransactionalProducer,
    all_batches,
    committed_offset,
    end_offset,
    is_settled,
    new_producer,
    read_all,
    read_committed,
)

SETTINGS = {
    "transaction.state.log.num.partitions": 4,
    "offsets.topic.num.partitions": 4,
    "transaction.max.timeout.ms": 120_000,
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


# Late requests: what KIP-890 closes


@both
@outcomes
def test_a_late_batch_joins_no_later_transaction(connection, topic, name, versions, committed):
    """A batch of an ended transaction arrives before, in and after the next one. In version 1 the next
    sequence number could make it look right; there it is refused since its transaction is over."""
    connection.create(topic, 2)
    producer = new_producer(connection, name, versions)
    producer.good_add(topic, 0, 1)
    producer.good_produce(topic, b"in time")
    late = producer.batch(b"late", sequence=1)
    late_elsewhere = producer.batch(b"late", sequence=0)
    late_version = producer.versions["produce"]
    refused = (*FENCED, raw.INVALID_TXN_STATE, raw.TRANSACTION_ABORTABLE)

    def arrives():
        for partition, records in ((0, late), (1, late_elsewhere)):
            answer = producer.send(topic, records, partition=partition, version=late_version)
            assert answer["error_code"] in refused, (partition, answer)

    producer.good_end(committed)
    ends = [end_offset(connection, topic, partition) for partition in (0, 1)]
    arrives()
    assert [end_offset(connection, topic, partition) for partition in (0, 1)] == ends
    assert is_settled(connection, topic, 0) and is_settled(connection, topic, 1)
    if versions is V2:
        for partition in (0, 1):
            producer.good_produce(topic, b"next", partition=partition)
        arrives()
        producer.commit()
        arrives()
        assert read_committed(connection, topic, 1) == [b"next"]
        assert b"late" not in read_all(connection, topic, 0)
    assert is_settled(connection, topic, 0) and is_settled(connection, topic, 1)
    assert connection.call(apis.METADATA, 9, topics=[])["cluster_id"]


@pytest.mark.parametrize("version", [9, 11, 12])
def test_a_late_batch_to_a_partition_that_the_transaction_never_reached(connection, topic, name, version):
    """The broker has never seen the producer there; only the coordinator knows that it is old."""
    connection.create(topic, 2)
    producer = new_producer(connection, name)
    producer.good_produce(topic, b"x", partition=0)
    late = producer.batch(b"late", sequence=0)
    producer.abort()
    producer.good_produce(topic, b"y", partition=0)
    answer = producer.send(topic, late, partition=1, version=version)
    assert answer["error_code"] == raw.INVALID_PRODUCER_EPOCH
    producer.commit()
    answer = producer.send(topic, late, partition=1, version=version)
    assert answer["error_code"] == raw.INVALID_PRODUCER_EPOCH
    assert end_offset(connection, topic, 1) == 0
    assert is_settled(connection, topic, 1)


def test_late_offsets_join_no_later_transaction(connection, topic, name):
    connection.create(topic)
    group = unique("group")
    producer = new_producer(connection, name)
    producer.good_offset(group, topic, 3)
    late = TransactionalProducer(connection, name)
    late.id, late.epoch = producer.id, producer.epoch
    producer.abort()
    for _ in range(2):
        assert late.commit_offset(group, topic, 99) in FENCED
        producer.good_offset(group, topic, 4)
        assert late.commit_offset(group, topic, 99) in FENCED
        producer.commit()
    assert late.commit_offset(group, topic, 99) in FENCED
    assert committed_offset(connection, group, topic) == (4, 0)


def test_a_batch_that_overtakes_the_first_one_waits_its_turn(connection, topic, name):
    """The second batch of a transaction arrives first: refused, and taken when it comes behind the first."""
    connection.create(topic)
    producer = new_producer(connection, name)
    producer.good_produce(topic, b"before")
    producer.commit()
    first, second = producer.batch(b"first", sequence=0), producer.batch(b"second", sequence=1)
    assert producer.send(topic, second)["error_code"] == raw.OUT_OF_ORDER_SEQUENCE
    for records in (first, second):
        assert producer.send(topic, records)["error_code"] == 0
    producer.commit()
    assert read_committed(connection, topic) == [b"before", b"first", b"second"]


@pytest.mark.parametrize("version", range(3, 12))
def test_an_old_client_may_not_write_where_it_has_not_announced_it(connection, topic, name, version):
    """Produce before version 12: nothing is added for it, so nothing would ever end it."""
    connection.create(topic, 2)
    producer = new_producer(connection, name, V1)
    refused = producer.produce(topic, b"x", version=version)["error_code"]
    assert refused == (raw.TRANSACTION_ABORTABLE if version == 11 else raw.INVALID_TXN_STATE)
    producer.good_add(topic, 0)
    refused = producer.produce(topic, b"x", partition=1, version=version)["error_code"]
    assert refused == (raw.TRANSACTION_ABORTABLE if version == 11 else raw.INVALID_TXN_STATE)
    producer.good_produce(topic, b"x", version=version)
    producer.commit()
    assert read_committed(connection, topic) == [b"x"]
    assert end_offset(connection, topic, 1) == 0


# Who may


def test_a_new_producer_of_the_same_name_ends_what_the_old_one_began(connection, topic, name):
    connection.create(topic)
    for versions in (V1, V2):
        old = new_producer(connection, name, versions)
        old.good_add(topic, 0)
        old.good_produce(topic, b"old")
        new = new_producer(connection, name, versions)
        assert (new.id, new.epoch > old.epoch) == (old.id, True)
        assert is_settled(connection, topic)
        if versions is V1:
            assert set(old.add(topic, 0).values()) == {raw.PRODUCER_FENCED}
        assert old.produce(topic, b"zombie")["error_code"] == raw.INVALID_PRODUCER_EPOCH
        assert old.end(True)["error_code"] == raw.PRODUCER_FENCED
        new.good_add(topic, 0)
        new.good_produce(topic, b"new")
        assert old.produce(topic, b"zombie")["error_code"] == raw.INVALID_PRODUCER_EPOCH
        assert old.end(False)["error_code"] == raw.PRODUCER_FENCED
        new.commit()
    assert read_committed(connection, topic) == [b"new", b"new"]


def test_old_versions_name_the_error_as_old_clients_know_it(connection, topic, name):
    connection.create(topic)
    old = new_producer(connection, name, OLDEST)
    new_producer(connection, name, OLDEST)
    assert set(old.add(topic, 0).values()) == {raw.INVALID_PRODUCER_EPOCH}
    assert old.add_offsets(unique("group")) == raw.INVALID_PRODUCER_EPOCH
    assert old.end(True)["error_code"] == raw.INVALID_PRODUCER_EPOCH
    assert old.commit_offset(unique("group"), topic, 1) == raw.INVALID_PRODUCER_EPOCH


def test_a_producer_that_names_its_id_gets_the_next_epoch(connection, topic, name):
    """KIP-360: after an error it may go on. A repeated request gets the same answer, an older one none."""
    connection.create(topic)
    producer = new_producer(connection, name)
    first = {"producer_id": producer.id, "producer_epoch": 0}
    answers = [producer.init(**first) for _ in range(3)]
    assert [(a["error_code"], a["producer_id"], a["producer_epoch"]) for a in answers] == [
        (0, producer.id, 1)
    ] * 3
    producer.good_init(producer_id=producer.id, producer_epoch=1)
    assert producer.epoch == 2
    assert producer.init(**first)["error_code"] == raw.PRODUCER_FENCED
    for identity, epoch in ((producer.id + 1000, 2), (producer.id, 3)):
        answer = producer.init(producer_id=identity, producer_epoch=epoch)
        assert answer["error_code"] == raw.PRODUCER_FENCED, (identity, epoch)
    old = TransactionalProducer(connection, name, {**V1, "init": 3})
    assert old.init(**first)["error_code"] == raw.INVALID_PRODUCER_EPOCH
    producer.good_produce(topic, b"x")
    producer.commit()
    assert read_committed(connection, topic) == [b"x"]


def test_nonsense_in_init_producer_id(connection, name):
    producer = new_producer(connection, name)
    for version in range(6):
        producer.versions = {**V2, "init": version}
        for timeout_ms in (0, -1, 120_001, 2**31 - 1):
            producer.timeout_ms = timeout_ms
            assert producer.init()["error_code"] == raw.INVALID_TRANSACTION_TIMEOUT, (version, timeout_ms)
        producer.timeout_ms = 120_000
        producer.identity = ""
        assert producer.init()["error_code"] == raw.INVALID_REQUEST
        producer.identity = None
        assert producer.init()["error_code"] == 0
        producer.identity = name
        if version >= 3:
            for half in ({"producer_id": 5}, {"producer_epoch": 5}):
                assert producer.init(**half)["error_code"] == raw.INVALID_REQUEST
    assert producer.good_init().epoch > 0


def test_who_sends_what_no_client_may(connection, topic, name):
    connection.create(topic)
    producer = new_producer(connection, name)
    transactional = producer.batch(b"x")
    # Without saying whose transaction it is.
    answer = producer.send(topic, transactional, identity=None)
    assert answer["error_code"] in (raw.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, raw.INVALID_TXN_STATE)
    # In somebody else's name.
    other = new_producer(connection, name + "-other")
    answer = producer.send(topic, transactional, identity=other.identity)
    assert answer["error_code"] == raw.INVALID_PRODUCER_ID_MAPPING
    answer = producer.send(topic, transactional, identity="nobody")
    assert answer["error_code"] == raw.INVALID_PRODUCER_ID_MAPPING
    # A marker of its own making.
    marker = control_batch(producer, committed=True)
    assert producer.send(topic, marker)["error_code"] == raw.INVALID_RECORD
    # Not transactional, while the producer's transaction is open here.
    producer.good_produce(topic, b"x")
    plain = producer.batch(b"plain", sequence=1, transactional=False)
    assert producer.send(topic, plain)["error_code"] == raw.INVALID_TXN_STATE
    assert producer.send(topic, plain, identity=None)["error_code"] == raw.INVALID_TXN_STATE
    assert producer.send(topic, marker)["error_code"] == raw.INVALID_RECORD
    producer.commit()
    assert read_all(connection, topic) == [b"x"]


def control_batch(producer, committed):
    """A batch that calls itself a marker, with a right checksum."""
    data = bytearray(producer.batch(struct.pack(">hi", 0, 0)))
    (attributes,) = struct.unpack_from(">h", data, 21)
    struct.pack_into(">h", data, 21, attributes | 0x20)
    struct.pack_into(">I", data, 17, raw.crc32c(bytes(data[21:])))
    return bytes(data)


def test_a_transaction_that_takes_too_long_is_aborted(connection, topic, name):
    """And its producer hears of it, whatever it does next. In version 2 it may abort, and go on."""
    connection.create(topic, 2)
    for versions in (V1, V2):
        producer = new_producer(connection, name + str(versions["init"]), versions, timeout_ms=300)
        producer.good_add(topic, 0)
        producer.good_produce(topic, b"x")
        began = time.monotonic()
        eventually(lambda: is_settled(connection, topic), "the broker aborts it", 10, every=0.02)
        assert time.monotonic() - began > 0.2
        assert producer.produce(topic, b"late")["error_code"] == raw.INVALID_PRODUCER_EPOCH
        elsewhere = producer.produce(topic, b"late", partition=1)["error_code"]
        assert elsewhere == raw.INVALID_PRODUCER_EPOCH
        if versions is V1:
            for outcome in (True, False):
                assert producer.end(outcome)["error_code"] == raw.PRODUCER_FENCED
            producer.good_init()
        else:
            assert producer.end(True)["error_code"] == raw.TRANSACTION_ABORTABLE
            producer.abort()
        producer.good_add(topic, 0)
        producer.good_produce(topic, b"again")
        producer.commit()
    assert read_committed(connection, topic) == [b"again"] * 2
    assert end_offset(connection, topic, 1) == 0


def test_epochs_that_are_used_up_give_a_new_producer_id(own_broker):
    """The last epoch ends with the answer of a new id, twice; and the old id is done with."""
    broker = own_broker({"transaction.state.log.num.partitions": 1})
    with raw.Connection(broker.address) as connection:
        connection.create("topic")
        producer = new_producer(connection, "name")
    broker.stop()
    # As a Kafka log would have it after so many transactions.
    set_epoch(broker, producer, 32_766)
    broker.start()
    with raw.Connection(broker.address) as connection:
        producer.connection = connection
        eventually(lambda: producer.end(True)["error_code"] == raw.INVALID_TXN_STATE, "it is loaded", 10)
        producer.good_produce("topic", b"x")
        identity, epoch = producer.id, producer.epoch
        first, second = producer.end(True), producer.end(True)
        assert first["error_code"] == 0
        assert first["producer_id"] != identity and first["producer_epoch"] == 0
        assert second == first
        late = producer.batch(b"late", sequence=1)
        assert producer.send("topic", late)["error_code"] in FENCED
        producer.take_over(first)
        producer.good_produce("topic", b"y")
        refused = producer.send("topic", late)["error_code"]
        assert refused in (*FENCED, raw.INVALID_PRODUCER_ID_MAPPING)
        producer.commit()
        assert read_committed(connection, "topic") == [b"x", b"y"]
        assert all_batches(connection, "topic")[1].producer_epoch == epoch + 1


def set_epoch(broker, producer, epoch):
    """Appends to the log of transactions that this producer has that epoch, and nothing open."""
    key = struct.pack(">hh", 0, len(producer.identity)) + producer.identity.encode()
    now, empty = int(time.time() * 1000), 0
    value = struct.pack(">hqhib", 1, producer.id, epoch, producer.timeout_ms, empty)
    # No partitions; when it changed, when it began; no tagged fields.
    value += b"\x00" + struct.pack(">qq", now, -1) + b"\x00"
    append_batch(directory(broker, "__transaction_state"), raw.batch(value, key=key, timestamp=now))
    producer.epoch = epoch
