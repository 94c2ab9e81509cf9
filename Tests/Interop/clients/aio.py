"""aiokafka: asyncio, only versions from before flexible messages."""

import asyncio
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from records import Received


class AiokafkaClient:
    name = "aiokafka"
    sets_timestamps = True

    def can_send(self, record):
        """Its API insists on a key or a value."""
        return record.key is not None or record.value is not None

    def produce(self, address, topic, records, *, partition=0, codec="none", idempotent=False):
        async def work():
            producer = AIOKafkaProducer(
                bootstrap_servers=address,
                compression_type=None if codec == "none" else codec,
                enable_idempotence=idempotent,
                acks="all",
                linger_ms=5,
                max_request_size=16 * 1024 * 1024,
            )
            await producer.start()
            try:
                futures = [
                    await producer.send(
                        topic,
                        value=record.value,
                        key=record.key,
                        headers=list(record.headers),
                        partition=partition,
                        timestamp_ms=record.timestamp,
                    )
                    for record in records
                ]
                await asyncio.gather(*futures)
            finally:
                await producer.stop()

        asyncio.run(asyncio.wait_for(work(), 60))

    def consume(self, address, topic, count, *, partitions=(0,), start="beginning", seconds=20.0):
        async def work():
            async with consumer(address) as reader:
                assigned = [TopicPartition(topic, partition) for partition in partitions]
                reader.assign(assigned)
                for partition in assigned:
                    if start == "beginning":
                        await reader.seek_to_beginning(partition)
                    else:
                        reader.seek(partition, start)
                received = []
                while len(received) < count:
                    polled = await reader.getmany(timeout_ms=200, max_records=count - len(received))
                    received += [_received(message) for messages in polled.values() for message in messages]
                return received

        return asyncio.run(asyncio.wait_for(work(), seconds))

    def offset_for_time(self, address, topic, timestamp, *, partition=0):
        async def work():
            async with consumer(address) as reader:
                wanted = TopicPartition(topic, partition)
                found = (await reader.offsets_for_times({wanted: timestamp}))[wanted]
                return None if found is None else found.offset

        return asyncio.run(asyncio.wait_for(work(), 20))

    def watermarks(self, address, topic, *, partition=0):
        async def work():
            async with consumer(address) as reader:
                wanted = TopicPartition(topic, partition)
                earliest = await reader.beginning_offsets([wanted])
                latest = await reader.end_offsets([wanted])
                return (earliest[wanted], latest[wanted])

        return asyncio.run(asyncio.wait_for(work(), 20))


@asynccontextmanager
async def consumer(address):
    reader = AIOKafkaConsumer(
        bootstrap_servers=address,
        group_id=None,
        enable_auto_commit=False,
        check_crcs=True,
        auto_offset_reset="none",
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


def _received(message):
    return Received(
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        tuple(message.headers),
    )
