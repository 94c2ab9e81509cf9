"""kafka-python: a client of its own, newest protocol versions."""

import time
from contextlib import closing

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from records import Received


class KafkaPythonClient:
    name = "kafka-python"
    sets_timestamps = True

    def can_send(self, record):
        """Its API insists on a key or a value, and on header values."""
        has_content = record.key is not None or record.value is not None
        return has_content and all(value is not None for _, value in record.headers)

    def produce(self, address, topic, records, *, partition=0, codec="none", idempotent=False):
        with closing(
            KafkaProducer(
                bootstrap_servers=address,
                compression_type=None if codec == "none" else codec,
                enable_idempotence=idempotent,
                acks="all",
                linger_ms=5,
                max_request_size=16 * 1024 * 1024,
            )
        ) as producer:
            futures = [
                producer.send(
                    topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=partition,
                    timestamp_ms=record.timestamp,
                )
                for record in records
            ]
            for future in futures:
                future.get(timeout=30)

    def consume(self, address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0):
        with closing(self.consumer(address)) as consumer:
            assigned = [TopicPartition(topic, partition) for partition in partitions]
            consumer.assign(assigned)
            for partition in assigned:
                if start == "beginning":
                    consumer.seek_to_beginning(partition)
                else:
                    consumer.seek(partition, start)
            received, deadline = [], time.monotonic() + seconds
            while len(received) < count:
                assert time.monotonic() < deadline, f"{len(received)} of {count} records after {seconds} s"
                polled = consumer.poll(timeout_ms=200, max_records=count - len(received))
                received += [_received(message) for messages in polled.values() for message in messages]
            return received

    def offset_for_time(self, address, topic, timestamp, *, partition=0):
        with closing(self.consumer(address)) as consumer:
            wanted = TopicPartition(topic, partition)
            found = consumer.offsets_for_times({wanted: timestamp})[wanted]
            return None if found is None else found.offset

    def watermarks(self, address, topic, *, partition=0):
        with closing(self.consumer(address)) as consumer:
            wanted = TopicPartition(topic, partition)
            return (consumer.beginning_offsets([wanted])[wanted], consumer.end_offsets([wanted])[wanted])

    def consumer(self, address, **settings):
        return KafkaConsumer(
            bootstrap_servers=address, group_id=None, check_crcs=True, auto_offset_reset="none", **settings
        )


def _received(message):
    return Received(
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        tuple(message.headers),
    )
