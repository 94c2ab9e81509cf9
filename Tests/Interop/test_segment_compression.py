"""Compression at rest and at append: less disk, and to every reader the same records."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition

import clients
from clients.admin import ADMINS
from disk import assert_verified, directory, dump, eventually, held_files, is_quiet, sealed_bytes, segments
from records import CODECS, Received, events

SETTINGS = {"num.partitions": 1, "log.cleaner.backoff.ms": 200, "log.retention.check.interval.ms": 1000}

CONFLUENT = clients.ALL[1]
COUNT = 9000
AT_ONCE = {"segment.bytes": 1 << 20, "file.delete.delay.ms": 0, "martlet.segment.compression.min.lag.ms": 0}


def create(broker, topic, **configs):
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    ADMINS[0].create(
        broker.address, topic, 1, {name: str(value) for name, value in {**AT_ONCE, **configs}.items()}
    )


def produce_singly(broker, topic, records):
    """Each record a batch of its own, uncompressed, as from thousands of small producers."""
    failures = []
    settings = {"linger.ms": 0, "batch.num.messages": 1, "enable.idempotence": True}
    producer = Producer({"bootstrap.servers": broker.address, **settings})
    for record in records:
        producer.produce(
            topic,
            record.value,
            record.key,
            partition=0,
            headers=list(record.headers),
            timestamp=record.timestamp,
            on_delivery=lambda error, _: failures.append(str(error)) if error else None,
        )
        producer.poll(0)
    assert producer.flush(60) == 0
    assert not failures, failures[:3]


def expected(sent):
    return [
        Received(0, offset, record.timestamp, record.key, record.value, record.headers)
        for offset, record in enumerate(sent)
    ]


def sealed_batches(broker, topic):
    return [batch for file in segments(directory(broker, topic))[:-1] for batch in dump(file)]


def wait_until_compressed(broker, topic, codec):
    def is_done():
        batches = sealed_batches(broker, topic)
        return batches and all(batch["compression"] == codec for batch in batches)

    eventually(is_done, f"all sealed segments are {codec}", 40, 0.5)
    eventually(lambda: is_quiet(directory(broker, topic), 1.0), "the work is done", 20)


@pytest.fixture(scope="module")
def compressed(broker):
    """Small batches of JSON events, first left as they are, then recompressed with the default codec."""
    topic, sent = "events", events(COUNT, seed=3, start=int(time.time() * 1000) - COUNT * 7)
    create(broker, topic, martlet_segment_compression="none")
    produce_singly(broker, topic, sent)
    before = sealed_bytes(directory(broker, topic))
    assert len(sealed_batches(broker, topic)) > COUNT * 0.7
    ADMINS[0].alter(broker.address, topic, {"martlet.segment.compression": "gzip"})
    wait_until_compressed(broker, topic, "gzip")
    return topic, sent, before


def test_small_batches_of_json_take_a_quarter_of_the_disk_at_most(broker, compressed):
    topic, _, before = compressed
    after = sealed_bytes(directory(broker, topic))
    print(f"{before} bytes became {after}: {before / after:.1f} to 1")
    assert before >= 4 * after
    eventually(lambda: not held_files(broker), "the space of the old segments is free")
    assert_verified(directory(broker, topic))


@pytest.mark.parametrize("client", clients.WITH_MARTLET, ids=lambda client: client.name)
def test_every_client_reads_the_same_records(broker, client, compressed):
    topic, sent, _ = compressed
    assert client.consume(broker.address, topic, COUNT, seconds=40) == expected(sent)


@pytest.mark.parametrize("client", clients.ALL, ids=lambda client: client.name)
def test_a_reader_may_start_in_the_middle_of_a_large_batch(broker, client, compressed):
    topic, sent, _ = compressed
    for start in (1, 777, COUNT // 2):
        found = client.consume(broker.address, topic, 50, start=start)
        assert found == expected(sent)[start : start + 50]


@pytest.mark.parametrize("client", clients.WITH_MARTLET, ids=lambda client: client.name)
def test_times_lead_to_the_same_records(broker, client, compressed):
    topic, sent, _ = compressed
    for offset in (0, 1, 999, COUNT // 2, COUNT - 1):
        assert client.offset_for_time(broker.address, topic, sent[offset].timestamp) == offset
        if offset:
            assert client.offset_for_time(broker.address, topic, sent[offset - 1].timestamp + 1) == offset


def test_the_default_needs_no_package_that_a_client_may_lack(broker, topic):
    """No setting asks for compression here: this is what everybody gets."""
    sent = events(6000, seed=4)
    create(broker, topic)
    produce_singly(broker, topic, sent)
    wait_until_compressed(broker, topic, "gzip")
    reader = Path(__file__).with_name("plain_reader.py")
    command = [sys.executable, str(reader), broker.address, topic, str(len(sent))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for wanted, (offset, timestamp, key, value, headers) in zip(expected(sent), found, strict=True):
        assert (offset, timestamp, key, value) == (
            wanted.offset,
            wanted.timestamp,
            wanted.key.hex(),
            wanted.value.hex(),
        )
        assert headers == [[name, content.hex()] for name, content in wanted.headers]


@pytest.mark.parametrize("codec", ["snappy", "lz4", "zstd"])
def test_the_codec_can_be_chosen(broker, topic, codec):
    sent = events(3000, seed=5)
    create(broker, topic, martlet_segment_compression=codec, segment_bytes=262144)
    produce_singly(broker, topic, sent)
    wait_until_compressed(broker, topic, codec)
    for client in clients.WITH_MARTLET:
        assert client.consume(broker.address, topic, len(sent)) == expected(sent)


def test_none_leaves_segments_as_they_were_written(broker, topic):
    sent = events(2000, seed=6)
    create(broker, topic, martlet_segment_compression="none", segment_bytes=262144)
    produce_singly(broker, topic, sent)
    before = sealed_batches(broker, topic)
    time.sleep(1.5)
    assert sealed_batches(broker, topic) == before
    assert {batch["compression"] for batch in before} == {"none"}


def test_young_segments_are_left_for_readers_that_follow_closely(broker, topic):
    sent = events(2000, seed=7, start=int(time.time() * 1000) - 20_000)
    create(broker, topic, martlet_segment_compression_min_lag_ms=3_600_000, segment_bytes=262144)
    produce_singly(broker, topic, sent)
    time.sleep(1.5)
    assert {batch["compression"] for batch in sealed_batches(broker, topic)} == {"none"}


def test_a_reader_that_is_on_its_way_notices_nothing(broker, topic):
    """It begins before the segments are rewritten under it, and ends after."""
    sent = events(4000, seed=8)
    create(broker, topic, martlet_segment_compression="none", segment_bytes=262144)
    produce_singly(broker, topic, sent)
    settings = {"fetch_message_max_bytes": 4000, "queued_min_messages": 1, "fetch_queue_backoff_ms": 5}
    consumer = CONFLUENT.consumer(broker.address, **settings)
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found = consumer.consume(100, timeout=10)
        ADMINS[0].alter(broker.address, topic, {"martlet.segment.compression": "gzip"})
        done = time.monotonic() + 20
        while len(found) < len(sent):
            assert time.monotonic() < done, f"{len(found)} of {len(sent)}"
            found += consumer.consume(min(100, len(sent) - len(found)), timeout=0.2)
            time.sleep(0.05)
        wait_until_compressed(broker, topic, "gzip")
    finally:
        consumer.close()
    assert [message.offset() for message in found] == list(range(len(sent)))
    assert [message.value() for message in found] == [record.value for record in sent]


def test_a_sequence_goes_on_after_its_batches_were_joined_and_the_broker_crashed(own_broker):
    broker = own_broker(SETTINGS)
    create(broker, "joined", segment_bytes=131072)
    failures = []
    settings = {"linger.ms": 0, "batch.num.messages": 1, "enable.idempotence": True}
    producer = Producer({"bootstrap.servers": broker.address, **settings})

    def send(records):
        for record in records:
            producer.produce(
                "joined",
                record.value,
                record.key,
                partition=0,
                timestamp=int(time.time() * 1000),
                on_delivery=lambda error, _: failures.append(str(error)) if error else None,
            )
        assert producer.flush(30) == 0
        assert not failures, failures[:3]

    sent = events(3000, seed=9)
    send(sent[:2000])
    wait_until_compressed(broker, "joined", "gzip")
    broker.kill9()
    broker.start()
    send(sent[2000:])
    found = CONFLUENT.consume(broker.address, "joined", len(sent))
    assert [record.offset for record in found] == list(range(len(sent)))
    assert [record.value for record in found] == [record.value for record in sent]


@pytest.mark.parametrize("stored", ["uncompressed", "gzip", "snappy", "lz4", "zstd"])
def test_a_topic_may_name_the_codec_in_which_batches_are_stored(broker, topic, stored):
    """`compression.type`: whatever the producer sends is stored in that codec; here each codec is sent."""
    create(broker, topic, compression_type=stored, martlet_segment_compression="none")
    sent = events(200 * len(CODECS), seed=10)
    for number, codec in enumerate(CODECS):
        part = sent[200 * number : 200 * number + 200]
        CONFLUENT.produce(broker.address, topic, part, codec=codec, idempotent=codec == "lz4")
    [file] = segments(directory(broker, topic))
    wanted = "none" if stored == "uncompressed" else stored
    assert {batch["compression"] for batch in dump(file)} == {wanted}
    for client in clients.WITH_MARTLET:
        assert client.consume(broker.address, topic, len(sent)) == expected(sent)


def test_a_producers_own_codec_is_kept_by_default(broker, topic):
    create(broker, topic, martlet_segment_compression="none")
    sent = events(100 * len(CODECS), seed=11)
    for number, codec in enumerate(CODECS):
        CONFLUENT.produce(broker.address, topic, sent[100 * number : 100 * number + 100], codec=codec)
    [file] = segments(directory(broker, topic))
    assert {batch["compression"] for batch in dump(file)} == set(CODECS)
