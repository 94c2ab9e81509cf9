"""Transactions of the clients that people use: what one commits every other reads, and nothing else."""

import threading
import time
from contextlib import closing

import pytest

import raw
from clients.transactions import READERS, TRANSACTIONAL, Fenced, Refused
from conftest import unique
from disk import directory, eventually, segments
from raw_groups import committed
from raw_transactions import all_batches, committed_offset, is_settled, read_committed
from records import CODECS

SETTINGS = {
    "transaction.state.log.num.partitions": 4,
    "offsets.topic.num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "group.consumer.heartbeat.interval.ms": 300,
}

CONFLUENT = TRANSACTIONAL[0]
each = pytest.mark.parametrize("client", TRANSACTIONAL, ids=lambda client: client.name)
in_groups = pytest.mark.parametrize(
    "client,protocol",
    [(client, protocol) for client in TRANSACTIONAL for protocol in client.protocols],
    ids=[f"{client.name}-{protocol}" for client in TRANSACTIONAL for protocol in client.protocols],
)


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


@pytest.fixture
def name():
    return unique("transactional")


def values(found, partition=0):
    return [value for at, _, value in found if at == partition]


# What is seen


@each
def test_committed_records_are_read_and_aborted_ones_are_not(broker, connection, topic, name, client):
    """Four partitions; full and empty transactions in turn; every client reads both ways."""
    connection.create(topic, 4)
    sent, kept = [[] for _ in range(4)], [[] for _ in range(4)]
    with closing(client.producer(broker.address, name)) as producer:
        for number, (commits, count) in enumerate(
            [(True, 3), (False, 3), (True, 0), (False, 0), (True, 1), (False, 2), (True, 5)]
        ):
            producer.begin()
            for partition in range(4):
                for index in range(count):
                    value = b"%d-%d" % (number, index)
                    producer.send(topic, value, partition)
                    sent[partition].append(value)
                    kept[partition] += [value] if commits else []
            # Otherwise what is aborted may never leave the client.
            producer.flush()
            producer.commit() if commits else producer.abort()
    for reader in READERS:
        seen = reader.read(broker.address, topic, range(4))
        everything = reader.read(broker.address, topic, range(4), committed=False)
        for partition in range(4):
            assert values(seen, partition) == kept[partition], reader.name
            assert values(everything, partition) == sent[partition], reader.name


@each
def test_order_holds_across_transactions(broker, connection, topic, name, client):
    connection.create(topic)
    kept = []
    with closing(client.producer(broker.address, name)) as producer:
        for number in range(60):
            producer.begin()
            batch = [b"%d-%d" % (number, index) for index in range(number % 5 + 1)]
            for value in batch:
                producer.send(topic, value)
            if number % 4 == 3:
                producer.flush()
                producer.abort()
            else:
                producer.commit()
                kept += batch
    for reader in READERS:
        assert values(reader.read(broker.address, topic)) == kept, reader.name


@each
def test_the_end_for_readers_of_committed_records(broker, connection, topic, name, client):
    """ListOffsets, as every client asks for it: the first record of the oldest open transaction."""
    connection.create(topic)
    with closing(client.producer(broker.address, name)) as producer:
        producer.begin()
        producer.send(topic, b"a")
        producer.commit()
        producer.begin()
        producer.send(topic, b"b")
        producer.flush()
        for reader in TRANSACTIONAL:
            assert reader.end(broker.address, topic) == 2, reader.name
            assert reader.end(broker.address, topic, committed=False) == 3, reader.name
            assert values(reader.read(broker.address, topic)) == [b"a"], reader.name
        producer.commit()
        for reader in TRANSACTIONAL:
            assert reader.end(broker.address, topic) == 4, reader.name


@pytest.mark.parametrize("codec", CODECS)
def test_large_transactions(broker, connection, topic, name, codec):
    """Several megabytes in many segments: one is committed, one aborted, one committed."""
    connection.create(topic, segment_bytes=1_200_000)
    text = [b"%d: " % number + bytes(str(number * 7919), "ascii") * 150 for number in range(3000)]
    kept = []
    with closing(CONFLUENT.producer(broker.address, name, codec=codec)) as producer:
        for commits in (True, False, True):
            producer.begin()
            for value in text:
                producer.send(topic, value)
            producer.flush()
            producer.commit() if commits else producer.abort()
            kept += text if commits else []
    if codec == "none":
        assert len(segments(directory(broker, topic))) > 5
    for reader in READERS:
        assert values(reader.read(broker.address, topic)) == kept, reader.name


def test_producers_of_all_clients_at_once(broker, connection, topic):
    """Six producers mix their transactions in three partitions: each keeps its order, and none is torn."""
    connection.create(topic, 3)
    kept, failures = {}, []

    def work(client, number):
        try:
            with closing(client.producer(broker.address, f"{topic}-{number}")) as producer:
                for turn in range(15):
                    producer.begin()
                    for partition in range(3):
                        producer.send(topic, b"%d %d" % (number, turn), partition)
                    if (turn + number) % 3 == 0:
                        producer.flush()
                        producer.abort()
                    else:
                        producer.commit()
                        kept.setdefault(number, []).append(turn)
        except Exception as error:
            failures.append((client.name, repr(error)))

    workers = [
        threading.Thread(target=work, args=(client, 3 * round + number))
        for round in range(2)
        for number, client in enumerate(TRANSACTIONAL)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not failures, failures
    for reader in READERS:
        seen = reader.read(broker.address, topic, range(3))
        for partition in range(3):
            split = [tuple(map(int, value.split())) for value in values(seen, partition)]
            for number, turns in kept.items():
                assert [turn for who, turn in split if who == number] == turns, (reader.name, number)
            assert len(split) == sum(map(len, kept.values()))


# Who may write


@each
@pytest.mark.parametrize("heir", TRANSACTIONAL, ids=lambda heir: f"then-{heir.name}")
def test_the_second_producer_of_a_name_shuts_out_the_first(broker, connection, topic, name, client, heir):
    """The first is in a transaction; it is aborted, and the first learns that it is over with it."""
    connection.create(topic)
    with closing(client.producer(broker.address, name)) as first:
        first.begin()
        first.send(topic, b"zombie")
        first.flush()
        with closing(heir.producer(broker.address, name)) as second:
            second.begin()
            second.send(topic, b"heir")
            assert_fenced(first, topic)
            second.commit()
    assert values(CONFLUENT.read(broker.address, topic)) == [b"heir"]


def assert_fenced(producer, topic):
    """It may take it for an error of this transaction only, until it tries to go on."""
    with pytest.raises(Refused) as refused:
        producer.send(topic, b"zombie again")
        producer.commit()
    if not isinstance(refused.value, Fenced):
        with pytest.raises(Fenced):
            producer.abort()
            producer.begin()
            producer.send(topic, b"zombie once more")
            producer.commit()


@each
def test_a_producer_that_takes_too_long_is_told(broker, connection, topic, name, client):
    """The broker aborts its transaction; a new producer of the same name works."""
    connection.create(topic)
    with closing(client.producer(broker.address, name, timeout_ms=1000)) as producer:
        producer.begin()
        producer.send(topic, b"too slow")
        producer.flush()
        assert not is_settled(connection, topic)
        eventually(lambda: is_settled(connection, topic), "the broker aborts it", 10, every=0.05)
        with pytest.raises(Refused):
            producer.send(topic, b"late")
            producer.commit()
    with closing(client.producer(broker.address, name, timeout_ms=5000)) as producer:
        producer.begin()
        producer.send(topic, b"in time")
        producer.commit()
    assert values(CONFLUENT.read(broker.address, topic)) == [b"in time"]


@each
def test_a_new_producer_goes_on_where_one_died(broker, connection, topic, name, client):
    """It was in a transaction that nobody ended: no waiting for its time-out of an hour."""
    connection.create(topic)
    dead = client.producer(broker.address, name, timeout_ms=600_000)
    dead.begin()
    dead.send(topic, b"lost")
    dead.flush()
    began = time.monotonic()
    with closing(client.producer(broker.address, name, timeout_ms=600_000)) as producer:
        assert time.monotonic() - began < 5
        producer.begin()
        producer.send(topic, b"kept")
        producer.commit()
    assert values(CONFLUENT.read(broker.address, topic)) == [b"kept"]
    dead.close()


# From topic to topic


def feed(connection, topic, count, first=0):
    for number in range(first, first + count):
        answer = connection.produce(topic, raw.batch(b"%d" % number), partition=number % 2)
        assert answer["error_code"] == 0


@in_groups
def test_what_is_read_and_written_counts_together(broker, connection, topic, name, client, protocol):
    """Consume, transform, produce: every third time it is aborted and done again."""
    out, group = topic + "-out", unique("group")
    connection.create(topic, 2)
    connection.create(out, 2)
    feed(connection, topic, 40)
    done, waiting, round = {0: 0, 1: 0}, [], 0
    deadline = time.monotonic() + 40
    with closing(client.producer(broker.address, name)) as producer:
        consumer = client.consumer(broker.address, group, topic, protocol)
        while sum(done.values()) < 40:
            assert time.monotonic() < deadline, done
            waiting += consumer.poll()
            if not waiting:
                continue
            now, waiting, offsets = waiting[:7], waiting[7:], {}
            round += 1
            producer.begin()
            for partition, offset, value in now:
                producer.send(out, b"copy of " + value, partition)
                offsets[topic, partition] = offset + 1
            producer.send_offsets(consumer, offsets)
            if round % 3 == 1:
                producer.flush()
                producer.abort()
                # It is read again by whoever begins at what is committed.
                consumer.close()
                consumer, waiting = client.consumer(broker.address, group, topic, protocol), []
            else:
                producer.commit()
                done |= {partition: offset for (_, partition), offset in offsets.items()}
            for partition in (0, 1):
                offset, error = committed_offset(connection, group, topic, partition)
                assert (error, max(offset, 0)) == (0, done[partition])
                assert len(read_committed(connection, out, partition)) == done[partition]
        consumer.close()
    for reader in READERS:
        seen = reader.read(broker.address, out, (0, 1))
        for partition in (0, 1):
            expected = [b"copy of %d" % number for number in range(partition, 40, 2)]
            assert values(seen, partition) == expected, reader.name


@in_groups
def test_offsets_in_an_open_transaction_are_not_given_out(broker, connection, topic, name, client, protocol):
    """A new member waits until it is clear where to begin, instead of doing the work twice."""
    group = unique("group")
    connection.create(topic)
    feed_one(connection, topic, 10)
    with closing(client.producer(broker.address, name)) as producer:
        with closing(client.consumer(broker.address, group, topic, protocol)) as consumer:
            eventually(lambda: consumer.owned == 1 or consumer.poll(), "it joins", 20, every=0.01)
            producer.begin()
            producer.send_offsets(consumer, {(topic, 0): 6})
        producer_done = threading.Timer(0.5, producer.commit)
        # aiokafka does not ask for offsets that are certain, so it gets what there is.
        if client.name != "aiokafka":
            assert committed_offset(connection, group, topic)[1] == raw.UNSTABLE_OFFSET_COMMIT
            producer_done.start()
        else:
            producer.commit()
        with closing(client.consumer(broker.address, group, topic, protocol)) as consumer:
            found = eventually(consumer.poll, "it reads on", 20, every=0.01)
        if client.name != "aiokafka":
            producer_done.join()
    assert found[0][1] == 6


def feed_one(connection, topic, count):
    for number in range(count):
        assert connection.produce(topic, raw.batch(b"%d" % number))["error_code"] == 0


@pytest.mark.parametrize(
    "client,protocol",
    [(TRANSACTIONAL[0], "classic"), (TRANSACTIONAL[0], "consumer"), (TRANSACTIONAL[1], "classic")],
    ids=["confluent-classic", "confluent-consumer", "kafka-python-classic"],
)
def test_a_member_of_an_old_generation_commits_nothing(broker, connection, topic, name, client, protocol):
    """Another member joins, and what the first knows of the group is old. aiokafka does not say it."""
    group = unique("group")
    connection.create(topic, 2)
    feed(connection, topic, 10)
    with closing(client.producer(broker.address, name)) as producer:
        with closing(client.consumer(broker.address, group, topic, protocol)) as first:
            eventually(lambda: first.poll() or first.owned == 2, "it owns all", 20, every=0.01)
            eventually(lambda: first.owned == 2, "it owns all", 20, every=0.01)
            old = first.metadata()
            with closing(client.consumer(broker.address, group, topic, protocol)) as second:

                def divided():
                    first.poll()
                    second.poll()
                    return first.owned == second.owned == 1

                eventually(divided, "they share", 20, every=0.01)
                producer.begin()
                producer.send(topic, b"never")
                with pytest.raises(Refused) as refused:
                    producer.send_offsets(old, {(topic, 0): 5})
                    producer.commit()
                assert not isinstance(refused.value, Fenced)
                producer.abort()
                # The same producer goes on with what the member knows now.
                producer.begin()
                producer.send_offsets(first, {(topic, 0): 3})
                producer.commit()
    assert committed(connection, group, topic)["offset"] == 3
    assert values(CONFLUENT.read(broker.address, topic)).count(b"never") == 0


def test_the_versions_that_clients_speak(broker, connection, topic):
    """Clients of the first version of transactions keep their epoch, and so do their markers."""
    connection.create(topic)
    for client in TRANSACTIONAL:
        with closing(client.producer(broker.address, f"{topic}-{client.name}")) as producer:
            for _ in range(2):
                producer.begin()
                producer.send(topic, b"x")
                producer.commit()
    epochs = {}
    for batch in all_batches(connection, topic):
        epochs.setdefault(batch.producer_id, []).append(batch.producer_epoch)
    assert len(epochs) == 3
    for found in epochs.values():
        assert len(found) == 4 and len(set(found)) == 1
