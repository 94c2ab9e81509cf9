"""The admin side of the clients behind one shape: create, delete, topics, partition_count, configs, brokers,
delete_records (before an offset, -1 for all there is; returns where the log starts then).

A refusal is raised as `Refused` with Kafka's error code.
"""

import asyncio
import re
from contextlib import closing

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin import NewPartitions as AioNewPartitions
from aiokafka.admin import NewTopic as AioNewTopic
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource as AioResource
from aiokafka.admin.config_resource import ConfigResourceType as AioResourceType
from aiokafka.errors import KafkaError as AioKafkaError
from aiokafka.structs import TopicPartition as AioTopicPartition
from confluent_kafka import KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from kafka import KafkaAdminClient
from kafka import TopicPartition as PythonTopicPartition
from kafka.admin import ConfigResource as PythonResource
from kafka.admin import ConfigResourceType as PythonResourceType
from kafka.errors import KafkaError


class Refused(Exception):
    def __init__(self, code):
        super().__init__(f"error code {code}")
        self.code = code


class ConfluentAdmin:
    """Each call keeps its client in a variable: a future dies with the client that made it."""

    name = "confluent"

    def create(self, address, topic, partition_count, configs):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        new = NewTopic(topic, num_partitions=partition_count, replication_factor=1, config=configs)
        _result(client.create_topics([new])[topic])

    def delete(self, address, topic):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        _result(client.delete_topics([topic])[topic])

    def topics(self, address):
        return set(AdminClient({"bootstrap.servers": address, "log_level": 4}).list_topics(timeout=10).topics)

    def partition_count(self, address, topic):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        futures = client.describe_topics(TopicCollection([topic]))
        return len(_result(futures[topic]).partitions)

    def configs(self, address, topic):
        return self._configs(address, ResourceType.TOPIC, topic)

    def broker_configs(self, address, broker_id):
        return self._configs(address, ResourceType.BROKER, str(broker_id))

    def add_partitions(self, address, topic, total):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        _result(client.create_partitions([NewPartitions(topic, total)])[topic])

    def alter(self, address, topic, configs):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        operation = AlterConfigOpType.SET
        entries = [
            ConfigEntry(name, value, incremental_operation=operation) for name, value in configs.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        [future] = client.incremental_alter_configs([resource]).values()
        _result(future)

    def delete_records(self, address, topic, offset, *, partition=0):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        [future] = client.delete_records([TopicPartition(topic, partition, offset)]).values()
        return _result(future).low_watermark

    def broker_ids(self, address):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        return [node.id for node in client.describe_cluster().result(10).nodes]

    def _configs(self, address, kind, name):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        [future] = client.describe_configs([ConfigResource(kind, name)]).values()
        return {entry.name: entry.value for entry in _result(future).values()}


class KafkaPythonAdmin:
    name = "kafka-python"

    def create(self, address, topic, partition_count, configs):
        options = {"num_partitions": partition_count, "configs": configs}
        self._call(address, lambda client: client.create_topics({topic: options}))

    def delete(self, address, topic):
        self._call(address, lambda client: client.delete_topics([topic]))

    def topics(self, address):
        return set(self._call(address, lambda client: client.list_topics()))

    def partition_count(self, address, topic):
        [description] = self._call(address, lambda client: client.describe_topics([topic]))
        if description["error_code"]:
            raise Refused(description["error_code"])
        return len(description["partitions"])

    def configs(self, address, topic):
        return self._configs(address, PythonResourceType.TOPIC, topic)

    def broker_configs(self, address, broker_id):
        return self._configs(address, PythonResourceType.BROKER, str(broker_id))

    def add_partitions(self, address, topic, total):
        self._call(address, lambda client: client.create_partitions({topic: total}))

    def alter(self, address, topic, configs):
        resource = PythonResource(PythonResourceType.TOPIC, topic, configs)
        answer = self._call(address, lambda client: client.alter_configs([resource]))
        [by_name] = answer.values()
        if by_name[topic] != "OK":
            # This call tells of a refusal only as text: "[Error 40] …".
            raise Refused(int(re.search(r"\[Error (\d+)\]", by_name[topic])[1]))

    def delete_records(self, address, topic, offset, *, partition=0):
        wanted = {PythonTopicPartition(topic, partition): offset}
        [answer] = self._call(address, lambda client: client.delete_records(wanted)).values()
        return answer["low_watermark"]

    def broker_ids(self, address):
        description = self._call(address, lambda client: client.describe_cluster())
        return [broker.get("node_id", broker.get("broker_id")) for broker in description["brokers"]]

    def _configs(self, address, kind, name):
        resource = PythonResource(kind, name)
        found = self._call(address, lambda client: client.describe_configs([resource], config_filter="all"))
        [of_kind] = found.values()
        return {key: entry["value"] for key, entry in of_kind[name].items()}

    def _call(self, address, work):
        with closing(KafkaAdminClient(bootstrap_servers=address)) as client:
            try:
                return work(client)
            except KafkaError as error:
                raise Refused(error.errno) from error


class AiokafkaAdmin:
    name = "aiokafka"

    def create(self, address, topic, partition_count, configs):
        new = AioNewTopic(topic, partition_count, 1, topic_configs=configs)
        answer = self._call(address, lambda client: client.create_topics([new]))
        _raise(answer.topic_errors[0][1])

    def delete(self, address, topic):
        answer = self._call(address, lambda client: client.delete_topics([topic]))
        _raise(answer.topic_error_codes[0][1])

    def topics(self, address):
        return set(self._call(address, lambda client: client.list_topics()))

    def partition_count(self, address, topic):
        [description] = self._call(address, lambda client: client.describe_topics([topic]))
        _raise(description["error_code"])
        return len(description["partitions"])

    def configs(self, address, topic):
        return self._configs(address, AioResourceType.TOPIC, topic)

    def broker_configs(self, address, broker_id):
        return self._configs(address, AioResourceType.BROKER, str(broker_id))

    def add_partitions(self, address, topic, total):
        self._call(address, lambda client: client.create_partitions({topic: AioNewPartitions(total)}))

    def alter(self, address, topic, configs):
        resource = AioResource(AioResourceType.TOPIC, topic, configs)
        [answer] = self._call(address, lambda client: client.alter_configs([resource]))
        _raise(answer.resources[0][0])

    def delete_records(self, address, topic, offset, *, partition=0):
        wanted = {AioTopicPartition(topic, partition): RecordsToDelete(before_offset=offset)}
        [low_watermark] = self._call(address, lambda client: client.delete_records(wanted)).values()
        return low_watermark

    def broker_ids(self, address):
        description = self._call(address, lambda client: client.describe_cluster())
        return [broker["node_id"] for broker in description["brokers"]]

    def _configs(self, address, kind, name):
        [answer] = self._call(address, lambda client: client.describe_configs([AioResource(kind, name)]))
        [(code, _, _, _, entries)] = answer.resources
        _raise(code)
        return {entry[0]: entry[1] for entry in entries}

    def _call(self, address, work):
        async def run():
            client = AIOKafkaAdminClient(bootstrap_servers=address)
            await client.start()
            try:
                return await work(client)
            except AioKafkaError as error:
                raise Refused(error.errno) from error
            finally:
                await client.close()

        return asyncio.run(asyncio.wait_for(run(), 20))


def _result(future):
    try:
        return future.result(timeout=15)
    except KafkaException as error:
        raise Refused(error.args[0].code()) from error


def _raise(code):
    if code:
        raise Refused(code)


ADMINS = [ConfluentAdmin(), KafkaPythonAdmin(), AiokafkaAdmin()]
