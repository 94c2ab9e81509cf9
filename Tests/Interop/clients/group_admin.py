"""The admin side of groups behind one shape:

    groups(address, states=(), types=()) -> {name: (state, type)}, None for what the client does not tell
    describe(address, group) -> (state, assignor, [(client id, {(topic, partition)})])
    offsets(address, group) -> {(topic, partition): offset}
    texts(address, group) -> {(topic, partition): metadata}
    set_offset(address, group, topic, partition, offset)
    delete_offset(address, group, topic, partition)
    delete(address, group)

States and types are Kafka's words. A refusal is raised as `Refused`; a class lacks what its client cannot do.
"""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from kafka import TopicPartition as PythonTopicPartition
from kafka import errors as python_errors
from kafka.structs import OffsetAndMetadata

from .admin import KafkaPythonAdmin, Refused

_STATES = {
    "PreparingRebalance": ConsumerGroupState.PREPARING_REBALANCING,
    "CompletingRebalance": ConsumerGroupState.COMPLETING_REBALANCING,
    "Stable": ConsumerGroupState.STABLE,
    "Dead": ConsumerGroupState.DEAD,
    "Empty": ConsumerGroupState.EMPTY,
}
_STATE_NAMES = {state: name for name, state in _STATES.items()}
_TYPES = {"classic": ConsumerGroupType.CLASSIC, "consumer": ConsumerGroupType.CONSUMER}
_TYPE_NAMES = {type: name for name, type in _TYPES.items()}


class ConfluentGroupAdmin:
    name = "confluent"
    knows_types = True

    def groups(self, address, states=(), types=()):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        filters = {"states": {_STATES[state] for state in states}} if states else {}
        filters |= {"types": {_TYPES[type] for type in types}} if types else {}
        answer = _result(client.list_consumer_groups(request_timeout=10, **filters))
        assert not answer.errors, answer.errors
        return {g.group_id: (_STATE_NAMES.get(g.state), _TYPE_NAMES.get(g.type)) for g in answer.valid}

    def describe(self, address, group):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        found = _result(client.describe_consumer_groups([group], request_timeout=10)[group])
        members = [
            (member.client_id, {(p.topic, p.partition) for p in member.assignment.topic_partitions})
            for member in found.members
        ]
        return _STATE_NAMES.get(found.state), found.partition_assignor, members

    def offsets(self, address, group):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        [future] = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
        found = _result(future).topic_partitions
        return {(p.topic, p.partition): p.offset for p in found}

    def set_offset(self, address, group, topic, partition, offset):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition, offset)])
        [future] = client.alter_consumer_group_offsets([wanted]).values()
        [done] = _result(future).topic_partitions
        if done.error:
            raise Refused(done.error.code())

    def delete(self, address, group):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        _result(client.delete_consumer_groups([group], request_timeout=10)[group])


class KafkaPythonGroupAdmin(KafkaPythonAdmin):
    knows_types = True

    def groups(self, address, states=(), types=()):
        found = self._call(
            address, lambda client: client.list_groups(states_filter=states, types_filter=types)
        )
        return {g["group_id"]: (g["group_state"], g["group_type"]) for g in found}

    def describe(self, address, group):
        found = self._call(address, lambda client: client.describe_groups([group]))[group]
        if found["error"]:
            raise Refused(python_errors.GroupIdNotFoundError.errno)
        members = [
            (
                member["client_id"],
                {
                    (topic["topic"], partition)
                    for topic in member["member_assignment"]["assigned_partitions"]
                    for partition in topic["partitions"]
                },
            )
            for member in found["members"]
        ]
        return found["group_state"], found["protocol_data"], members

    def offsets(self, address, group):
        return {key: value.offset for key, value in self._offsets(address, group).items()}

    def texts(self, address, group):
        return {key: value.metadata for key, value in self._offsets(address, group).items()}

    def _offsets(self, address, group):
        [found] = self._call(address, lambda client: client.list_group_offsets([group])).values()
        return {tuple(key): value for key, value in found.items()}

    def set_offset(self, address, group, topic, partition, offset):
        wanted = {PythonTopicPartition(topic, partition): OffsetAndMetadata(offset, "", -1)}
        [error] = self._call(address, lambda client: client.alter_group_offsets(group, wanted)).values()
        _raise(error)

    def delete_offset(self, address, group, topic, partition):
        wanted = [PythonTopicPartition(topic, partition)]
        [error] = self._call(address, lambda client: client.delete_group_offsets(group, wanted)).values()
        _raise(error)

    def delete(self, address, group):
        [answer] = self._call(address, lambda client: client.delete_groups([group])).values()
        if answer != "OK":
            _raise(getattr(python_errors, answer))


class AiokafkaGroupAdmin:
    """Of the states and types it knows nothing, and it has no way to change anything."""

    name = "aiokafka"
    knows_types = False

    def groups(self, address, states=(), types=()):
        return {found[0]: (None, None) for found in self._call(address, lambda c: c.list_consumer_groups())}

    def describe(self, address, group):
        [answer] = self._call(address, lambda client: client.describe_consumer_groups([group]))
        [(code, _, state, _, assignor, members, *_)] = answer.groups
        if code:
            raise Refused(code)
        described = []
        for _, client_id, _, _, assignment in members:
            decoded = ConsumerProtocolMemberAssignment.decode(assignment)
            described.append(
                (client_id, {(t, p) for t, partitions in decoded.assignment for p in partitions})
            )
        return state, assignor, described

    def offsets(self, address, group):
        return {key: value.offset for key, value in self._offsets(address, group).items()}

    def texts(self, address, group):
        return {key: value.metadata for key, value in self._offsets(address, group).items()}

    def _offsets(self, address, group):
        found = self._call(address, lambda client: client.list_consumer_group_offsets(group))
        return {tuple(key): value for key, value in found.items()}

    def _call(self, address, work):
        async def run():
            client = AIOKafkaAdminClient(bootstrap_servers=address)
            await client.start()
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(asyncio.wait_for(run(), 20))


def _result(future):
    try:
        return future.result(timeout=15)
    except KafkaException as error:
        raise Refused(error.args[0].code()) from error


def _raise(error):
    if error.errno:
        raise Refused(error.errno)


GROUP_ADMINS = [ConfluentGroupAdmin(), KafkaPythonGroupAdmin(), AiokafkaGroupAdmin()]
CHANGING = [admin for admin in GROUP_ADMINS if hasattr(admin, "delete")]
