"""Numbered records, one after the other, until told to stop."""

import threading
import time

from confluent_kafka import Producer

PRODUCER = {
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 5,
    "delivery.timeout.ms": 120_000,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 200,
    "log_level": 2,
}


def produce_numbers(address, topic, partition_count, numbers):
    """Number n goes to partition n modulo the count."""
    producer = Producer({"bootstrap.servers": address, **PRODUCER})
    for number in numbers:
        producer.produce(topic, str(number), partition=number % partition_count)
    assert producer.flush(20) == 0


class Load:
    """`acknowledged` holds the numbers that the broker has promised to keep."""

    def __init__(self, address, topic, partition_count, per_second=200):
        self.address, self.topic = address, topic
        self.partition_count, self.per_second = partition_count, per_second
        self.acknowledged, self.failures = set(), []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Returns when every record is acknowledged; returns them."""
        self._over.set()
        self._thread.join()
        assert not self.failures, self.failures[:3]
        return self.acknowledged

    def _run(self):
        producer = Producer({"bootstrap.servers": self.address, **PRODUCER})

        def delivered(error, message):
            if error:
                self.failures.append(str(error))
            else:
                self.acknowledged.add(message.value().decode())

        number = 0
        while not self._over.is_set():
            for _ in range(self.per_second // 20):
                producer.produce(
                    self.topic, str(number), partition=number % self.partition_count, on_delivery=delivered
                )
                number += 1
            producer.poll(0)
            time.sleep(0.05)
        if producer.flush(60):
            self.failures.append("records are still on their way after 60 s")
