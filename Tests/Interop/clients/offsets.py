"""Committed offsets by the clients behind one shape, without joining the group:

commit(address, group, topic, offset, *, partition=0, metadata="")
committed(address, group, topic, *, partition=0) -> offset, or None
sent(metadata) -> what this client makes of a text: confluent-kafka sends a NUL behind it, and reads texts
    that have none beyond their end, so nobody asks it for them
"""

import asyncio
from contextlib import closing

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AioTopicPartition
from aiokafka.structs import OffsetAndMetadata as AioOffset
from confluent_kafka import Consumer, KafkaException, TopicPartition
from kafka import KafkaConsumer
from kafka import TopicPartition as PythonTopicPartition
from kafka.structs import OffsetAndMetadata as PythonOffset


class ConfluentOffsets:
    """`protocol` decides about the versions of the requests."""

    def __init__(self, protocol):
        self.protocol, self.name = protocol, f"confluent-{protocol}"

    def sent(self, metadata):
        return metadata + "\0"

    def commit(self, address, group, topic, offset, *, partition=0, metadata=""):
        wanted = TopicPartition(topic, partition, offset, metadata)
        [done] = self._call(
            address, group, lambda client: client.commit(offsets=[wanted], asynchronous=False)
        )
        if done.error:
            raise KafkaException(done.error)

    def committed(self, address, group, topic, *, partition=0):
        wanted = TopicPartition(topic, partition)
        [found] = self._call(address, group, lambda client: client.committed([wanted], timeout=10))
        if found.error:
            raise KafkaException(found.error)
        return None if found.offset < 0 else found.offset

    def _call(self, address, group, work):
        client = Consumer(
            {"bootstrap.servers": address, "group.id": group, "group.protocol": self.protocol, "log_level": 2}
        )
        try:
            return work(client)
        finally:
            client.close()


class KafkaPythonOffsets:
    name = "kafka-python"

    def sent(self, metadata):
        return metadata

    def commit(self, address, group, topic, offset, *, partition=0, metadata=""):
        wanted = PythonTopicPartition(topic, partition)
        with closing(self._client(address, group)) as client:
            client.assign([wanted])
            client.commit({wanted: PythonOffset(offset, metadata, 0)})

    def committed(self, address, group, topic, *, partition=0):
        wanted = PythonTopicPartition(topic, partition)
        with closing(self._client(address, group)) as client:
            return client.committed(wanted)

    def _client(self, address, group):
        return KafkaConsumer(bootstrap_servers=address, group_id=group, enable_auto_commit=False)


class AiokafkaOffsets:
    name = "aiokafka"

    def sent(self, metadata):
        return metadata

    def commit(self, address, group, topic, offset, *, partition=0, metadata=""):
        wanted = AioTopicPartition(topic, partition)

        async def work(client):
            client.assign([wanted])
            await client.commit({wanted: AioOffset(offset, metadata)})

        self._call(address, group, work)

    def committed(self, address, group, topic, *, partition=0):
        wanted = AioTopicPartition(topic, partition)

        async def work(client):
            client.assign([wanted])
            return await client.committed(wanted)

        return self._call(address, group, work)

    def _call(self, address, group, work):
        async def run():
            client = AIOKafkaConsumer(bootstrap_servers=address, group_id=group, enable_auto_commit=False)
            await client.start()
            try:
                return await work(client)
            finally:
                await client.stop()

        return asyncio.run(asyncio.wait_for(run(), 20))


OFFSETS = [
    ConfluentOffsets("classic"),
    ConfluentOffsets("consumer"),
    KafkaPythonOffsets(),
    AiokafkaOffsets(),
]
