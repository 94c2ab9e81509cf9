"""Records from 1 byte to 10 MB, one partition and twelve."""

from collections import Counter

import pytest

import clients
import raw
from clients.admin import ADMINS
from records import Record, assert_same, random_bytes

SETTINGS = {"num.partitions": 1}

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def large(broker):
    """A topic by producer, with records around every size where something changes."""
    sent = [
        Record(b"k", random_bytes(size, seed=size))
        for size in (1, 2, 127, 128, 16_383, 16_384, MEGABYTE, 3 * MEGABYTE, 10 * MEGABYTE, 1)
    ]
    topics = {}

    def fill(producer):
        if producer.name not in topics:
            topic = f"large-{producer.name}"
            ADMINS[0].create(broker.address, topic, 1, {"max.message.bytes": str(12 * MEGABYTE)})
            producer.produce(broker.address, topic, sent)
            topics[producer.name] = topic
        return topics[producer.name], sent

    return fill


@pytest.mark.parametrize("consumer", clients.ALL, ids=lambda client: f"to-{client.name}")
@pytest.mark.parametrize("producer", clients.ALL, ids=lambda client: f"from-{client.name}")
def test_one_byte_to_ten_megabytes(broker, large, producer, consumer):
    """Consumers keep their default fetch limits: the first batch comes whole even beyond them."""
    topic, sent = large(producer)
    assert_same(sent, consumer.consume(broker.address, topic, len(sent), seconds=40), timestamps=False)


def test_a_record_beyond_the_topic_limit_is_refused_and_the_topic_goes_on(broker, client, topic):
    ADMINS[0].create(broker.address, topic, 1, {"max.message.bytes": "20000"})
    with pytest.raises(Exception, match="(?i)too.?large|MSG_SIZE_TOO_LARGE"):
        client.produce(broker.address, topic, [Record(None, random_bytes(30_000, seed=1))])
    client.produce(broker.address, topic, [Record(None, b"small")])
    assert clients.ALL[1].watermarks(broker.address, topic) == (0, 1)


@pytest.mark.parametrize("idempotent", [False, True], ids=["plain", "idempotent"])
def test_twelve_partitions_keep_their_order(broker, client, topic, idempotent):
    ADMINS[0].create(broker.address, topic, 12, {})
    for partition in range(12):
        records = [Record(b"%d" % partition, b"%d" % number) for number in range(100)]
        client.produce(
            broker.address, topic, records, partition=partition, codec="snappy", idempotent=idempotent
        )

    for consumer in clients.ALL:
        received = consumer.consume(broker.address, topic, 1200, partitions=tuple(range(12)))
        assert Counter(record.partition for record in received) == dict.fromkeys(range(12), 100)
        for partition in range(12):
            values = [record.value for record in received if record.partition == partition]
            assert values == [b"%d" % number for number in range(100)]


def test_a_partition_that_is_not_there_is_refused(broker, topic):
    ADMINS[0].create(broker.address, topic, 2, {})
    with raw.Connection(broker.address) as connection:
        for partition in (2, -1, 2**31 - 1):
            answer = connection.produce(topic, raw.batch(b"x"), partition=partition)
            assert answer["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION
            answer = connection.fetch(topic, 0, partition=partition)
            assert answer["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION
