"""Idempotent producers: what the broker answers to repeats, gaps and old epochs."""

import time

import pytest

import clients
import raw
from records import Record, assert_same

SETTINGS = {"num.partitions": 1}


def new_producer(connection):
    answer = connection.call(raw.apis.INIT_PRODUCER_ID, 4)
    assert answer["error_code"] == 0
    return answer["producer_id"], answer["producer_epoch"]


def test_producer_ids_are_never_given_twice(own_broker):
    broker = own_broker()
    given = set()
    for end in (broker.stop, broker.kill9, None):
        with raw.Connection(broker.address) as connection:
            for version in range(6):
                answer = connection.call(raw.apis.INIT_PRODUCER_ID, version)
                assert (answer["error_code"], answer["producer_epoch"]) == (0, 0)
                assert answer["producer_id"] not in given
                given.add(answer["producer_id"])
        if end:
            end()
            broker.start()


def test_a_repeated_batch_gets_its_first_answer_and_is_stored_once(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
        identity, epoch = new_producer(connection)
        batches = [raw.batch(b"a%d" % n, b"b%d" % n, producer=(identity, epoch, 2 * n)) for n in range(5)]
        first = [connection.produce(topic, records)["base_offset"] for records in batches]
        assert first == [0, 2, 4, 6, 8]
        # The last five batches are remembered, in whatever order they come again.
        for number in (4, 0, 2):
            answer = connection.produce(topic, batches[number])
            assert (answer["error_code"], answer["base_offset"]) == (0, first[number])
        assert connection.list_offset(topic, raw.LATEST)["offset"] == 10


def test_a_gap_in_the_sequence_is_refused(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
        identity, epoch = new_producer(connection)
        assert connection.produce(topic, raw.batch(b"a", producer=(identity, epoch, 0)))["error_code"] == 0
        answer = connection.produce(topic, raw.batch(b"c", producer=(identity, epoch, 2)))
        assert answer["error_code"] == raw.OUT_OF_ORDER_SEQUENCE
        assert connection.produce(topic, raw.batch(b"b", producer=(identity, epoch, 1)))["base_offset"] == 1


def test_an_old_epoch_is_fenced(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
        identity, epoch = new_producer(connection)
        assert (
            connection.produce(topic, raw.batch(b"a", producer=(identity, epoch + 1, 0)))["error_code"] == 0
        )
        answer = connection.produce(topic, raw.batch(b"b", producer=(identity, epoch, 0)))
        assert answer["error_code"] == raw.INVALID_PRODUCER_EPOCH
        # A new epoch starts its sequence anew.
        answer = connection.produce(topic, raw.batch(b"c", producer=(identity, epoch + 2, 0)))
        assert (answer["error_code"], answer["base_offset"]) == (0, 1)


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_what_was_sent_before_a_restart_is_still_known_after_it(own_broker, end):
    broker = own_broker()
    # A broker forgets a producer some time after its last record, by the time in the record.
    now = int(time.time() * 1000)
    with raw.Connection(broker.address) as connection:
        connection.create("states")
        identity, epoch = new_producer(connection)
        first = raw.batch(b"a", b"b", producer=(identity, epoch, 0), timestamp=now)
        second = raw.batch(b"c", producer=(identity, epoch, 2), timestamp=now)
        assert connection.produce("states", first)["base_offset"] == 0
        assert connection.produce("states", second)["base_offset"] == 2
    getattr(broker, end)()
    broker.start()
    with raw.Connection(broker.address) as connection:
        repeated = connection.produce("states", second)
        assert (repeated["error_code"], repeated["base_offset"]) == (0, 2)
        answer = connection.produce("states", raw.batch(b"e", producer=(identity, epoch, 4)))
        assert answer["error_code"] == raw.OUT_OF_ORDER_SEQUENCE
        assert (
            connection.produce("states", raw.batch(b"d", producer=(identity, epoch, 3)))["base_offset"] == 3
        )


def test_sequences_are_kept_per_partition(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic, partition_count=2)
        identity, epoch = new_producer(connection)
        for partition in (0, 1):
            answer = connection.produce(
                topic, raw.batch(b"x", producer=(identity, epoch, 0)), partition=partition
            )
            assert (answer["error_code"], answer["base_offset"]) == (0, 0)


def test_each_client_can_be_idempotent(broker, client, topic):
    sent = [Record(None, b"%d" % number) for number in range(3000)]
    client.produce(broker.address, topic, sent, idempotent=True, codec="lz4")
    assert_same(sent, clients.ALL[1].consume(broker.address, topic, len(sent)), timestamps=False)
