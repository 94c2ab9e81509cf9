"""confluent-kafka: a new librdkafka, newest protocol versions of the C client."""

import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

from records import Received


class ConfluentClient:
    name = "confluent"
    sets_timestamps = True

    def can_send(self, record):
        return True

    def produce(self, address, topic, records, *, partition=0, codec="none", idempotent=False):
        failures = []
        producer = Producer(
            {
                "bootstrap.servers": address,
                "log_level": 4,
                "compression.type": codec,
                "enable.idempotence": idempotent,
                "message.max.bytes": 16 * 1024 * 1024,
                "linger.ms": 5,
                "delivery.timeout.ms": 30000,
            }
        )
        for record in records:
            producer.produce(
                topic,
                value=record.value,
                key=record.key,
                partition=partition,
                headers=list(record.headers) or None,
                timestamp=record.timestamp or 0,
                on_delivery=lambda error, message: failures.append(error) if error else None,
            )
        assert producer.flush(30) == 0, "confluent-kafka still has records after 30 s"
        assert not failures, failures[0]

    def consume(self, address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0):
        offset = OFFSET_BEGINNING if start == "beginning" else start
        consumer = self.consumer(address)
        try:
            consumer.assign([TopicPartition(topic, partition, offset) for partition in partitions])
            received, deadline = [], time.monotonic() + seconds
            while len(received) < count:
                assert time.monotonic() < deadline, f"{len(received)} of {count} records after {seconds} s"
                for message in consumer.consume(count - len(received), timeout=0.2):
                    if message.error():
                        raise KafkaException(message.error())
                    received.append(_received(message))
            return received
        finally:
            consumer.close()

    def offset_for_time(self, address, topic, timestamp, *, partition=0):
        consumer = self.consumer(address)
        try:
            [found] = consumer.offsets_for_times([TopicPartition(topic, partition, timestamp)], timeout=10)
            if found.error:
                raise KafkaException(found.error)
            return None if found.offset < 0 else found.offset
        finally:
            consumer.close()

    def watermarks(self, address, topic, *, partition=0):
        consumer = self.consumer(address)
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        finally:
            consumer.close()

    def consumer(self, address, **settings):
        # A group id is mandatory in this API; nothing is committed under it.
        return Consumer(
            {
                "bootstrap.servers": address,
                "log_level": 4,
                "group.id": "unused",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "check.crcs": True,
                "auto.offset.reset": "error",
                **{name.replace("_", "."): value for name, value in settings.items()},
            }
        )


def _received(message):
    headers = tuple((name, value) for name, value in message.headers() or ())
    _, timestamp = message.timestamp()
    return Received(message.partition(), message.offset(), timestamp, message.key(), message.value(), headers)
