"""What one client produces, every other reads back: five codecs, nulls, headers, timestamps."""

import time

import pytest

import clients
from records import CODECS, Record, assert_same, sample

SETTINGS = {"num.partitions": 1}

PRODUCERS = [pytest.param(client, id=f"from-{client.name}") for client in clients.WITH_MARTLET]
CONSUMERS = [pytest.param(client, id=f"to-{client.name}") for client in clients.WITH_MARTLET]


@pytest.fixture(scope="module")
def produced(broker):
    """By producer and codec, filled at first use: a topic, what was sent, and the span of time that took."""
    topics = {}

    def fill(producer, codec):
        if (producer.name, codec) not in topics:
            topic = f"sample-{producer.name}-{codec}"
            sent = [record for record in sample() if producer.can_send(record)]
            began = int(time.time() * 1000)
            producer.produce(broker.address, topic, sent, codec=codec)
            topics[producer.name, codec] = (topic, sent, (began - 1, int(time.time() * 1000) + 1))
        return topics[producer.name, codec]

    return fill


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("codec", CODECS)
def test_records_come_back_as_they_were_sent(broker, produced, producer, consumer, codec):
    topic, sent, span = produced(producer, codec)
    received = consumer.consume(broker.address, topic, len(sent))
    assert_same(sent, received, timestamps=producer.sets_timestamps, between=span)


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_consumer_may_start_in_the_middle_of_a_compressed_batch(broker, produced, consumer):
    topic, sent, _ = produced(clients.ALL[1], "lz4")
    received = consumer.consume(broker.address, topic, 3, start=7)
    assert_same(sent[7:10], received, timestamps=True, first_offset=7)


@pytest.mark.parametrize("idempotent", [False, True], ids=["plain", "idempotent"])
def test_one_client_continues_where_another_stopped(broker, topic, idempotent):
    """Offsets have no gap and no overlap, whoever produces, idempotent or not."""
    sent = []
    for producer in clients.WITH_MARTLET * 2:
        records = [Record(producer.name.encode(), b"%d" % number) for number in range(50)]
        producer.produce(broker.address, topic, records, codec="zstd", idempotent=idempotent)
        sent += records
    assert_same(sent, clients.ALL[1].consume(broker.address, topic, len(sent)), timestamps=False)
