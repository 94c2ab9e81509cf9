"""Transactional producers and readers of committed records behind one shape.

Each of `TRANSACTIONAL` has `name` and

    producer(address, identity, *, timeout_ms=60000, codec="none") -> a producer that has its id, with
        begin(), send(topic, value, partition=0), flush(), commit(), abort(), close(),
        send_offsets(consumer, {(topic, partition): offset})
    consumer(address, group, topic) -> a member of a group that reads committed records only, with
        poll() -> [(partition, offset, value)], owned -> number of partitions, metadata() and close();
        `protocols` are those that the client speaks

and each of `READERS` has `name` and

    read(address, topic, partitions=(0,), committed=True) -> [(partition, offset, value)] up to the end
    end(address, topic, partition=0, committed=True) -> where that reader would stop

A call that is refused raises `Fenced` if another producer has taken the place, else `Refused`.
"""

import asyncio
import threading
import time
from contextlib import asynccontextmanager, closing, contextmanager

import aiokafka.errors
import kafka.errors
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AioTopicPartition
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as PythonTopicPartition
from kafka.structs import OffsetAndMetadata as PythonOffset

from broker import BINARY

from .kcat import run

SECONDS = 30.0


class Refused(Exception):
    """The transaction cannot go on; the argument names the error."""


class Fenced(Refused):
    """The producer cannot go on: another one has its place, or the broker has taken it away."""


# confluent-kafka


class ConfluentTransactions:
    name = "confluent"
    protocols = ("classic", "consumer")

    def producer(self, address, identity, *, timeout_ms=60_000, codec="none"):
        return _ConfluentProducer(address, identity, timeout_ms, codec)

    def consumer(self, address, group, topic, protocol="classic"):
        return _ConfluentConsumer(address, group, topic, protocol)

    def read(self, address, topic, partitions=(0,), committed=True):
        settings = {"isolation.level": _isolation(committed), "enable.partition.eof": True}
        with closing(Consumer(_confluent(address) | settings)) as consumer:
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
            found, ended, deadline = [], set(), time.monotonic() + SECONDS
            while len(ended) < len(partitions):
                assert time.monotonic() < deadline, f"no end of {topic}: {len(found)} records"
                for message in consumer.consume(1000, timeout=0.1):
                    if not message.error():
                        found.append((message.partition(), message.offset(), message.value()))
                    elif message.error().code() == KafkaError._PARTITION_EOF:
                        ended.add(message.partition())
                    else:
                        raise KafkaException(message.error())
            return found

    def end(self, address, topic, partition=0, committed=True):
        with closing(Consumer(_confluent(address) | {"isolation.level": _isolation(committed)})) as consumer:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=SECONDS)[1]


class _ConfluentProducer:
    def __init__(self, address, identity, timeout_ms, codec):
        self.failures = []
        self.producer = Producer(
            {
                "bootstrap.servers": address,
                "transactional.id": identity,
                "transaction.timeout.ms": timeout_ms,
                "compression.type": codec,
                "message.timeout.ms": min(timeout_ms, 60_000),
                "linger.ms": 2,
                "log_level": 0,
            }
        )
        with _confluent_refusals():
            self.producer.init_transactions(SECONDS)

    def begin(self):
        with _confluent_refusals():
            self.producer.begin_transaction()

    def send(self, topic, value, partition=0):
        with _confluent_refusals():
            self.producer.produce(topic, value, partition=partition)

    def flush(self):
        assert self.producer.flush(SECONDS) == 0

    def commit(self):
        with _confluent_refusals():
            self.producer.commit_transaction(SECONDS)

    def abort(self):
        with _confluent_refusals():
            self.producer.abort_transaction(SECONDS)

    def send_offsets(self, consumer, offsets):
        """`consumer` may be what its `metadata()` once gave."""
        metadata = consumer.metadata() if hasattr(consumer, "metadata") else consumer
        wanted = [TopicPartition(topic, partition, at) for (topic, partition), at in offsets.items()]
        with _confluent_refusals():
            self.producer.send_offsets_to_transaction(wanted, metadata, SECONDS)

    def close(self):
        self.producer = None


class _ConfluentConsumer:
    def __init__(self, address, group, topic, protocol):
        settings = {"group.id": group, "group.protocol": protocol, "auto.offset.reset": "earliest"}
        if protocol == "classic":
            settings |= {"heartbeat.interval.ms": 300, "session.timeout.ms": 10_000}
        self.consumer = Consumer(_confluent(address) | settings)
        self.consumer.subscribe([topic])

    def poll(self):
        found = []
        for message in self.consumer.consume(500, timeout=0.1):
            if message.error():
                raise KafkaException(message.error())
            found.append((message.partition(), message.offset(), message.value()))
        return found

    @property
    def owned(self):
        return len(self.consumer.assignment())

    def metadata(self):
        return self.consumer.consumer_group_metadata()

    def close(self):
        self.consumer.close()


def _confluent(address):
    return {
        "bootstrap.servers": address,
        "group.id": "unused",
        "enable.auto.commit": False,
        "check.crcs": True,
        "fetch.wait.max.ms": 100,
        "log_level": 0,
    }


@contextmanager
def _confluent_refusals():
    try:
        yield
    except KafkaException as error:
        refused = error.args[0]
        fenced = refused.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED)
        raise (Fenced if fenced or refused.fatal() else Refused)(refused.name()) from error


# kafka-python


class KafkaPythonTransactions:
    name = "kafka-python"
    protocols = ("classic",)

    def producer(self, address, identity, *, timeout_ms=60_000, codec="none"):
        return _KafkaPythonProducer(address, identity, timeout_ms, codec)

    def consumer(self, address, group, topic, protocol="classic"):
        return _KafkaPythonConsumer(address, group, topic)

    def read(self, address, topic, partitions=(0,), committed=True):
        with closing(_kafka_python(address, committed)) as consumer:
            assigned = [PythonTopicPartition(topic, partition) for partition in partitions]
            consumer.assign(assigned)
            consumer.seek_to_beginning(*assigned)
            ends = consumer.end_offsets(assigned)
            found, deadline = [], time.monotonic() + SECONDS
            while any(consumer.position(partition) < ends[partition] for partition in assigned):
                assert time.monotonic() < deadline, f"no end of {topic}: {len(found)} records"
                for messages in consumer.poll(timeout_ms=100).values():
                    found += [(message.partition, message.offset, message.value) for message in messages]
            return found

    def end(self, address, topic, partition=0, committed=True):
        wanted = PythonTopicPartition(topic, partition)
        with closing(_kafka_python(address, committed)) as consumer:
            return consumer.end_offsets([wanted])[wanted]


class _KafkaPythonProducer:
    def __init__(self, address, identity, timeout_ms, codec):
        self.futures = []
        self.producer = KafkaProducer(
            bootstrap_servers=address,
            transactional_id=identity,
            transaction_timeout_ms=timeout_ms,
            compression_type=None if codec == "none" else codec,
            linger_ms=2,
            max_block_ms=int(SECONDS * 1000),
        )
        with _kafka_python_refusals():
            self.producer.init_transactions()

    def begin(self):
        with _kafka_python_refusals():
            self.producer.begin_transaction()

    def send(self, topic, value, partition=0):
        with _kafka_python_refusals():
            self.futures.append(self.producer.send(topic, value=value, partition=partition))

    def flush(self):
        self.producer.flush(SECONDS)

    def commit(self):
        with _kafka_python_refusals():
            self.producer.commit_transaction()
            for future in self.futures:
                future.get(SECONDS)
            self.futures = []

    def abort(self):
        with _kafka_python_refusals():
            self.producer.abort_transaction()
            self.futures = []

    def send_offsets(self, consumer, offsets):
        metadata = consumer.metadata() if hasattr(consumer, "metadata") else consumer
        wanted = {
            PythonTopicPartition(topic, partition): PythonOffset(at, "", -1)
            for (topic, partition), at in offsets.items()
        }
        with _kafka_python_refusals():
            self.producer.send_offsets_to_transaction(wanted, metadata)

    def close(self):
        # In a transaction that cannot end any more it would wait for its records.
        self.producer.close(timeout=1)


class _KafkaPythonConsumer:
    def __init__(self, address, group, topic):
        self.consumer = _kafka_python(
            address,
            True,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            heartbeat_interval_ms=300,
            session_timeout_ms=10_000,
        )
        self.consumer.subscribe([topic])

    def poll(self):
        polled = self.consumer.poll(timeout_ms=100)
        return [(m.partition, m.offset, m.value) for messages in polled.values() for m in messages]

    @property
    def owned(self):
        return len(self.consumer.assignment())

    def metadata(self):
        return self.consumer.group_metadata()

    def close(self):
        self.consumer.close()


def _kafka_python(address, committed, **settings):
    settings = {"group_id": None, "auto_offset_reset": "none", **settings}
    return KafkaConsumer(
        bootstrap_servers=address,
        isolation_level=_isolation(committed),
        check_crcs=True,
        fetch_max_wait_ms=100,
        **settings,
    )


@contextmanager
def _kafka_python_refusals():
    fenced = (kafka.errors.ProducerFencedError, kafka.errors.InvalidProducerEpochError)
    try:
        yield
    except fenced as error:
        raise Fenced(type(error).__name__) from error
    except kafka.errors.KafkaError as error:
        is_fenced = isinstance(error.__cause__ or error.__context__, fenced) or "Fenced" in repr(error)
        raise (Fenced if is_fenced else Refused)(repr(error)) from error


# aiokafka, with a loop of its own on a thread


class AiokafkaTransactions:
    name = "aiokafka"
    protocols = ("classic",)

    def producer(self, address, identity, *, timeout_ms=60_000, codec="none"):
        return _AiokafkaProducer(address, identity, timeout_ms, codec)

    def consumer(self, address, group, topic, protocol="classic"):
        return _AiokafkaConsumer(address, group, topic)

    def read(self, address, topic, partitions=(0,), committed=True):
        assigned = [AioTopicPartition(topic, partition) for partition in partitions]

        async def work():
            async with _aiokafka(address, committed) as consumer:
                consumer.assign(assigned)
                await consumer.seek_to_beginning(*assigned)
                ends, found = await consumer.end_offsets(assigned), []
                while any([await consumer.position(tp) < ends[tp] for tp in assigned]):
                    for messages in (await consumer.getmany(timeout_ms=100)).values():
                        found += [(message.partition, message.offset, message.value) for message in messages]
                return found

        return asyncio.run(asyncio.wait_for(work(), SECONDS))

    def end(self, address, topic, partition=0, committed=True):
        wanted = AioTopicPartition(topic, partition)

        async def work():
            async with _aiokafka(address, committed) as consumer:
                return (await consumer.end_offsets([wanted]))[wanted]

        return asyncio.run(asyncio.wait_for(work(), SECONDS))


class _Loop:
    """Runs what is asynchronous; clients do their work in the background only while their loop turns."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def __call__(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(SECONDS)
        self.loop.close()


class _AiokafkaProducer:
    def __init__(self, address, identity, timeout_ms, codec):
        self.futures, self.run = [], _Loop()

        async def start():
            producer = AIOKafkaProducer(
                bootstrap_servers=address,
                transactional_id=identity,
                transaction_timeout_ms=timeout_ms,
                compression_type=None if codec == "none" else codec,
                linger_ms=2,
            )
            await producer.start()
            return producer

        with _aiokafka_refusals():
            self.producer = self.run(start())

    def begin(self):
        with _aiokafka_refusals():
            self.run(self.producer.begin_transaction())

    def send(self, topic, value, partition=0):
        with _aiokafka_refusals():
            self.futures.append(self.run(self.producer.send(topic, value=value, partition=partition)))

    def flush(self):
        self.run(self.producer.flush())

    def commit(self):
        async def work():
            await self.producer.commit_transaction()
            await asyncio.gather(*self.futures)

        with _aiokafka_refusals():
            self.run(work())
        self.futures = []

    def abort(self):
        async def work():
            await self.producer.abort_transaction()
            await asyncio.gather(*self.futures, return_exceptions=True)

        with _aiokafka_refusals():
            self.run(work())
        self.futures = []

    def send_offsets(self, consumer, offsets):
        wanted = {AioTopicPartition(topic, partition): at for (topic, partition), at in offsets.items()}
        with _aiokafka_refusals():
            self.run(self.producer.send_offsets_to_transaction(wanted, consumer.metadata()))

    def close(self):
        async def work():
            await asyncio.gather(self.producer.stop(), *self.futures, return_exceptions=True)

        self.run(work())
        self.run.stop()


class _AiokafkaConsumer:
    def __init__(self, address, group, topic):
        self.group, self.run = group, _Loop()

        async def start():
            consumer = AIOKafkaConsumer(
                topic,
                bootstrap_servers=address,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                heartbeat_interval_ms=300,
            )
            await consumer.start()
            return consumer

        self.consumer = self.run(start())

    def poll(self):
        polled = self.run(self.consumer.getmany(timeout_ms=100))
        return [(m.partition, m.offset, m.value) for messages in polled.values() for m in messages]

    @property
    def owned(self):
        return len(self.consumer.assignment())

    def metadata(self):
        """Its transactions know nothing of members."""
        return self.group

    def close(self):
        self.run(self.consumer.stop())
        self.run.stop()


@asynccontextmanager
async def _aiokafka(address, committed):
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address,
        enable_auto_commit=False,
        check_crcs=True,
        auto_offset_reset="none",
        isolation_level=_isolation(committed),
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


@contextmanager
def _aiokafka_refusals():
    try:
        yield
    except (aiokafka.errors.ProducerFenced, aiokafka.errors.InvalidProducerEpoch) as error:
        raise Fenced(type(error).__name__) from error
    except aiokafka.errors.KafkaError as error:
        raise Refused(repr(error)) from error


# Only readers


class KcatReader:
    name = "kcat"

    def read(self, address, topic, partitions=(0,), committed=True):
        found = []
        for partition in partitions:
            command = ["kcat", "-C", "-q", "-e", "-b", address, "-t", topic, "-p", str(partition)]
            command += ["-o", "beginning", "-X", f"isolation.level={_isolation(committed)}"]
            found += _lines(run([*command, "-f", r"%p %o %s\n"]))
        return found


class MartletReader:
    """The command of our own."""

    name = "martlet"

    def read(self, address, topic, partitions=(0,), committed=True):
        command = [BINARY, "consume", topic, "--bootstrap", address, "--until-end"]
        command += ["--isolation", _isolation(committed), "--format", r"%p %o %s\n"]
        for partition in partitions:
            command += ["--partition", str(partition)]
        return _lines(run(command))


def _lines(output):
    """Partition, offset, value: no value of these tests has a line feed."""
    found = []
    for line in output.splitlines():
        partition, offset, value = line.split(b" ", 2)
        found.append((int(partition), int(offset), value))
    return found


def _isolation(committed):
    return "read_committed" if committed else "read_uncommitted"


TRANSACTIONAL = [ConfluentTransactions(), KafkaPythonTransactions(), AiokafkaTransactions()]
READERS = [*TRANSACTIONAL, KcatReader(), MartletReader()]
