"""Copies a topic, partition by partition, in transactions that hold the offsets as well: a process of its
own, to be killed.

    copy_worker.py OPTIONS

Options are JSON: `client`, `address`, `group`, `source`, `target`, `identity`, `partitions`, `at_once`. It
prints a line for each thing that happens: `begun` (a new producer has its id), `sent`, `committed`,
`trouble`."""

import asyncio
import json
import logging
import sys
import time


def report(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def next_offsets(records):
    """{partition: offset behind the last} of (partition, offset, value)."""
    return {partition: offset + 1 for partition, offset, _ in records}


class Confluent:
    """A static member, so that its successor need not wait until it is missed."""

    def run(self, options):
        from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

        common = {
            "bootstrap.servers": options["address"],
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 100,
            "retry.backoff.ms": 20,
            # When its only broker is down, librdkafka 2.16 otherwise takes it for another one afterwards, and
            # may send the offsets of a transaction to the one that is gone, for a minute.
            "metadata.recovery.strategy": "none",
            "log_level": 0,
        }
        producer = Producer({**common, "transactional.id": options["identity"], "linger.ms": 0})
        try:
            producer.init_transactions(30)
            report("begun")
            consumer = Consumer(
                {
                    **common,
                    "group.id": options["group"],
                    "group.instance.id": options["identity"],
                    "session.timeout.ms": 30_000,
                    "heartbeat.interval.ms": 500,
                    "isolation.level": "read_committed",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "fetch.wait.max.ms": 50,
                }
            )
            consumer.subscribe([options["source"]])
            while True:
                records = []
                for message in consumer.consume(options["at_once"], timeout=0.05):
                    if message.error():
                        raise KafkaException(message.error())
                    records.append((message.partition(), message.offset(), message.value()))
                if not records:
                    continue
                producer.begin_transaction()
                for partition, _, value in records:
                    producer.produce(options["target"], value, partition=partition)
                producer.poll(0)
                report("sent")
                offsets = [
                    TopicPartition(options["source"], partition, at)
                    for partition, at in next_offsets(records).items()
                ]
                producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 30)
                producer.commit_transaction(30)
                report("committed")
        except KafkaException as error:
            return error.args[0].name()


class Aiokafka:
    """Its partitions are given to it, and its offsets are those of a group without members."""

    def run(self, options):
        return asyncio.run(self._run(options))

    async def _run(self, options):
        import aiokafka
        from aiokafka.errors import KafkaError

        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=options["address"],
            transactional_id=options["identity"],
            retry_backoff_ms=20,
        )
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=options["address"],
            group_id=options["group"],
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            retry_backoff_ms=20,
            fetch_max_wait_ms=50,
        )
        try:
            await producer.start()
            report("begun")
            await consumer.start()
            source = [aiokafka.TopicPartition(options["source"], n) for n in range(options["partitions"])]
            consumer.assign(source)
            while True:
                polled = await consumer.getmany(timeout_ms=50, max_records=options["at_once"])
                records = [
                    (message.partition, message.offset, message.value)
                    for messages in polled.values()
                    for message in messages
                ]
                if not records:
                    continue
                async with producer.transaction():
                    for partition, _, value in records:
                        await producer.send(options["target"], value, partition=partition)
                    report("sent")
                    offsets = {source[partition]: at for partition, at in next_offsets(records).items()}
                    await producer.send_offsets_to_transaction(offsets, options["group"])
                report("committed")
        except (KafkaError, OSError) as error:
            return repr(error)
        finally:
            for client in (consumer, producer):
                try:
                    await asyncio.wait_for(client.stop(), 5)
                except (KafkaError, OSError, TimeoutError):
                    pass


class ByHand:
    """Version 2 of transactions; nothing is tried again but as a whole."""

    def run(self, options):
        import raw
        from raw_transactions import CommittedReader, committed_offset, new_producer

        try:
            with raw.Connection(options["address"]) as connection:
                producer = new_producer(connection, options["identity"])
                report("begun")
                readers = []
                for partition in range(options["partitions"]):
                    offset, error = committed_offset(
                        connection, options["group"], options["source"], partition
                    )
                    if error:
                        return f"offset: {error}"
                    readers.append(CommittedReader(options["source"], partition, max(offset, 0)))
                while True:
                    records = []
                    for reader in readers:
                        records += [
                            (reader.partition, *record) for record in reader.poll(connection, max_wait_ms=5)
                        ]
                    while records:
                        now, records = records[: options["at_once"]], records[options["at_once"] :]
                        for partition, _, value in now:
                            producer.good_produce(options["target"], value, partition=partition)
                        report("sent")
                        for partition, at in next_offsets(now).items():
                            producer.good_offset(
                                options["group"], options["source"], at, partition=partition
                            )
                        producer.commit()
                        report("committed")
        except (OSError, raw.Closed, AssertionError) as error:
            return repr(error)


CLIENTS = {"confluent": Confluent, "aiokafka": Aiokafka, "by hand": ByHand}


def main():
    # Of brokers that are away for a moment.
    logging.disable()
    options = json.loads(sys.argv[1])
    client = CLIENTS[options["client"]]()
    while True:
        report("trouble", error=client.run(options))
        time.sleep(0.02)


if __name__ == "__main__":
    main()
