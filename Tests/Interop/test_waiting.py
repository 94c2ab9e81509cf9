"""Fetches that wait, and answers that keep the order of their requests."""

import threading
import time

import pytest

import clients
import raw
from clients.admin import ADMINS
from records import Record

SETTINGS = {"num.partitions": 1}


@pytest.fixture
def filled(broker, topic):
    """A topic that holds ten records, none of which a consumer at the end may see."""
    ADMINS[0].create(broker.address, topic, 1, {})
    with raw.Connection(broker.address) as connection:
        connection.produce(topic, raw.batch(*[b"before"] * 10))
    return topic


def test_a_consumer_at_the_end_gets_what_comes_next(broker, client, filled):
    def produce_later():
        time.sleep(1.0)
        with raw.Connection(broker.address) as connection:
            connection.produce(filled, raw.batch(b"after"))

    later = threading.Thread(target=produce_later)
    later.start()
    began = time.monotonic()
    [record] = client.consume(broker.address, filled, 1, start=10)
    later.join()
    assert (record.offset, record.value) == (10, b"after")
    assert 0.9 < time.monotonic() - began < 4.0


def test_an_empty_fetch_waits_as_long_as_it_was_told(broker, filled):
    with raw.Connection(broker.address) as connection:
        for wait in (0, 300):
            began = time.monotonic()
            answer = connection.fetch(filled, 10, max_wait_ms=wait)
            assert answer["error_code"] == 0 and not answer["records"]
            assert wait / 1000 - 0.02 <= time.monotonic() - began < wait / 1000 + 1


def test_a_waiting_fetch_is_woken_by_a_produce(broker, filled):
    fields = {"index": 0, "fetch_offset": 10}
    topics = [{"name": filled, "partitions": [fields]}]
    with raw.Connection(broker.address) as waiting, raw.Connection(broker.address) as producing:
        number = waiting.send(raw.apis.FETCH, 12, max_wait_ms=10_000, min_bytes=1, topics=topics)
        time.sleep(0.2)
        began = time.monotonic()
        producing.produce(filled, raw.batch(b"wake"))
        answer = raw.only_partition(waiting.receive(raw.apis.FETCH, 12, number))
        assert time.monotonic() - began < 1.0
        assert raw.unpack(answer["records"]) == [(10, b"wake")]


def test_a_fetch_waits_until_enough_bytes_are_there(broker, filled):
    fields = {"index": 0, "fetch_offset": 10}
    topics = [{"name": filled, "partitions": [fields]}]
    with raw.Connection(broker.address) as waiting, raw.Connection(broker.address) as producing:
        number = waiting.send(raw.apis.FETCH, 12, max_wait_ms=10_000, min_bytes=5000, topics=topics)
        for _ in range(4):
            producing.produce(filled, raw.batch(b"x" * 1000))
        waiting.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            waiting.read(1)
        waiting.socket.settimeout(10)
        producing.produce(filled, raw.batch(b"x" * 1000))
        answer = raw.only_partition(waiting.receive(raw.apis.FETCH, 12, number))
        assert [offset for offset, _ in raw.unpack(answer["records"])] == [10, 11, 12, 13, 14]


def test_a_fetch_that_waits_holds_up_nobody_else(broker, filled, client):
    topics = [{"name": filled, "partitions": [{"index": 0, "fetch_offset": 10}]}]
    with raw.Connection(broker.address) as waiting:
        waiting.send(raw.apis.FETCH, 12, max_wait_ms=5000, min_bytes=1 << 20, topics=topics)
        began = time.monotonic()
        client.produce(broker.address, filled, [Record(None, b"y")])
        assert client.watermarks(broker.address, filled) == (0, 11)
        assert time.monotonic() - began < 4


def test_pipelined_requests_are_answered_in_their_order(broker, filled):
    """A produce that waits for the disk, a fetch that waits for data, and quick requests between them."""
    produce = {
        "acks": -1,
        "topics": [{"name": filled, "partitions": [{"index": 0, "records": raw.batch(b"p")}]}],
    }
    fetch = {
        "max_wait_ms": 100,
        "topics": [{"name": filled, "partitions": [{"index": 0, "fetch_offset": 11}]}],
    }
    with raw.Connection(broker.address) as connection:
        sent = []
        for _ in range(10):
            sent.append((raw.apis.PRODUCE, 9, connection.send(raw.apis.PRODUCE, 9, **produce)))
            sent.append((raw.apis.API_VERSIONS, 3, connection.send(raw.apis.API_VERSIONS, 3)))
            sent.append((raw.apis.FETCH, 11, connection.send(raw.apis.FETCH, 11, **fetch)))
            sent.append((raw.apis.METADATA, 9, connection.send(raw.apis.METADATA, 9, topics=[])))
        answers = [connection.receive(*what) for what in sent]
        offsets = [raw.only_partition(answer)["base_offset"] for answer in answers[::4]]
        assert offsets == list(range(10, 20))


def test_many_small_produces_in_one_segment_of_the_stream(broker, filled):
    """Frames that arrive together, and frames that arrive byte by byte."""
    topics = [{"name": filled, "partitions": [{"index": 0, "records": raw.batch(b"s")}]}]
    with raw.Connection(broker.address) as connection:
        frames = [raw.frame(raw.apis.PRODUCE, 9, n, acks=-1, topics=topics) for n in range(1, 201)]
        connection.socket.sendall(b"".join(frames))
        answers = [connection.receive(raw.apis.PRODUCE, 9, number) for number in range(1, 201)]
        assert [raw.only_partition(a)["base_offset"] for a in answers] == list(range(10, 210))
        for byte in raw.frame(raw.apis.PRODUCE, 9, 201, acks=-1, topics=topics):
            connection.socket.sendall(bytes([byte]))
        answer = raw.only_partition(connection.receive(raw.apis.PRODUCE, 9, 201))
        assert answer["base_offset"] == 210


def test_consumers_see_only_whole_acknowledged_data_while_others_produce(broker, filled):
    """Two clients read the same tail while a third writes: same records, same order, nothing twice."""
    values = [b"%d" % number for number in range(2000)]
    seen = {}

    def read(consumer):
        received = consumer.consume(broker.address, filled, len(values), start=10, seconds=30)
        seen[consumer.name] = [record.value for record in received]

    readers = [threading.Thread(target=read, args=(consumer,)) for consumer in clients.ALL[1:3]]
    for reader in readers:
        reader.start()
    with raw.Connection(broker.address) as connection:
        for start in range(0, len(values), 10):
            connection.produce(filled, raw.batch(*values[start : start + 10]))
    for reader in readers:
        reader.join()
    assert seen == {consumer.name: values for consumer in clients.ALL[1:3]}
