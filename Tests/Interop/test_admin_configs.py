"""Administration beyond topics and groups: settings, directories, producers, quotas, telemetry."""

import re
import struct

import pytest
from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from kafka import TopicPartition as PythonTopicPartition
from kafka.admin import AlterConfigOp
from kafka.admin import ConfigResource as PythonResource
from kafka.admin import ConfigResourceType as PythonType

import apis_admin as apis
import apis_groups
import clients
import raw
from clients.admin import ADMINS, KafkaPythonAdmin, Refused, _result
from conftest import unique
from records import Record

SETTINGS = {"group.consumer.session.timeout.ms": 20_000, "group.consumer.heartbeat.interval.ms": 2000}

TOPIC, BROKER, CLIENT_METRICS, GROUP = 2, 4, 16, 32
SET, DELETE, APPEND = 0, 1, 2
# Where a value comes from.
OF_TOPIC, OF_BROKER, OF_ALL_BROKERS, STATIC, DEFAULT = 1, 2, 3, 4, 5

python_admin = KafkaPythonAdmin()


class ConfluentConfigs:
    name = "confluent"

    _types = {"topic": ResourceType.TOPIC, "broker": ResourceType.BROKER, "group": ResourceType.GROUP}
    _operations = {
        "set": AlterConfigOpType.SET,
        "delete": AlterConfigOpType.DELETE,
        "append": AlterConfigOpType.APPEND,
        "subtract": AlterConfigOpType.SUBTRACT,
    }

    def alter(self, address, kind, name, key, value=None, operation="set"):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        entry = ConfigEntry(key, value, incremental_operation=self._operations[operation])
        resource = ConfigResource(self._types[kind], name, incremental_configs=[entry])
        [future] = client.incremental_alter_configs([resource]).values()
        _result(future)

    def read(self, address, kind, name, key):
        client = AdminClient({"bootstrap.servers": address, "log_level": 4})
        [future] = client.describe_configs([ConfigResource(self._types[kind], name)]).values()
        return _result(future)[key].value


class KafkaPythonConfigs:
    name = "kafka-python"

    _types = {"topic": PythonType.TOPIC, "broker": PythonType.BROKER, "group": PythonType.GROUP}
    _operations = {
        "set": AlterConfigOp.SET,
        "delete": AlterConfigOp.DELETE,
        "append": AlterConfigOp.APPEND,
        "subtract": AlterConfigOp.SUBTRACT,
    }

    def alter(self, address, kind, name, key, value=None, operation="set"):
        resource = PythonResource(self._types[kind], name, {key: (self._operations[operation], value)})
        answer = python_admin._call(
            address, lambda client: client.alter_configs([resource], raise_on_unknown=False)
        )
        [by_name] = answer.values()
        if by_name[name] != "OK":
            raise Refused(int(re.search(r"\[Error (\d+)\]", by_name[name])[1]))

    def read(self, address, kind, name, key):
        resource = PythonResource(self._types[kind], name)
        answer = python_admin._call(
            address, lambda client: client.describe_configs([resource], config_filter="all")
        )
        return answer[kind][name][key]["value"]


configs = pytest.mark.parametrize("admin", [ConfluentConfigs(), KafkaPythonConfigs()], ids=lambda a: a.name)


@pytest.fixture
def connection(broker):
    with raw.Connection(broker.address) as connection:
        yield connection


def alter(connection, kind, name, *changes, version=1, validate_only=False):
    """`changes` are (key, operation, value); returns the error code."""
    listed = [{"name": key, "operation": operation, "value": value} for key, operation, value in changes]
    resources = [{"type": kind, "name": name, "configs": listed}]
    answer = connection.call(
        apis.INCREMENTAL_ALTER_CONFIGS, version, resources=resources, validate_only=validate_only
    )
    return answer["responses"][0]["error_code"]


def describe(connection, kind, name, key=None, version=4):
    """The setting of this name with its synonyms, or all by name."""
    resources = [{"type": kind, "name": name, "keys": key and [key]}]
    [result] = connection.call(
        apis.DESCRIBE_CONFIGS, version, resources=resources, include_synonyms=True, include_documentation=True
    )["results"]
    assert result["error_code"] == 0, result
    found = {config["name"]: config for config in result["configs"]}
    return found[key] if key else found


# Settings


@configs
def test_topic_settings_are_set_extended_and_taken_back(broker, connection, topic, admin):
    connection.create(topic)
    admin.alter(broker.address, "topic", topic, "retention.ms", "3600000")
    assert admin.read(broker.address, "topic", topic, "retention.ms") == "3600000"
    admin.alter(broker.address, "topic", topic, "cleanup.policy", "compact", "append")
    assert admin.read(broker.address, "topic", topic, "cleanup.policy") == "delete,compact"
    admin.alter(broker.address, "topic", topic, "cleanup.policy", "delete", "subtract")
    assert admin.read(broker.address, "topic", topic, "cleanup.policy") == "compact"
    admin.alter(broker.address, "topic", topic, "retention.ms", operation="delete")
    assert admin.read(broker.address, "topic", topic, "retention.ms") == "-1"
    for key, value in (("retention.ms", "soon"), ("no.such.setting", "1"), ("cleanup.policy", "burn")):
        with pytest.raises(Refused) as refused:
            admin.alter(broker.address, "topic", topic, key, value)
        assert refused.value.code == raw.INVALID_CONFIG


@configs
def test_broker_settings_change_while_it_runs(broker, connection, topic, admin):
    """A default of topics follows at once; what is fixed at start is refused."""
    connection.create(topic)
    admin.alter(broker.address, "broker", "1", "message.max.bytes", "2000000")
    try:
        assert admin.read(broker.address, "broker", "1", "message.max.bytes") == "2000000"
        assert admin.read(broker.address, "topic", topic, "max.message.bytes") == "2000000"
    finally:
        admin.alter(broker.address, "broker", "1", "message.max.bytes", operation="delete")
    assert admin.read(broker.address, "topic", topic, "max.message.bytes") == "1048588"
    with pytest.raises(Refused) as refused:
        admin.alter(broker.address, "broker", "1", "offsets.topic.num.partitions", "7")
    assert refused.value.code in (raw.INVALID_CONFIG, raw.INVALID_REQUEST)


@configs
def test_group_settings_reach_the_members(broker, connection, topic, admin):
    """The interval of heartbeats is told with each."""
    connection.create(topic)
    name = unique("group")

    def interval(member):
        answer = connection.call(
            apis_groups.CONSUMER_GROUP_HEARTBEAT,
            1,
            group_id=name,
            member_id=member,
            member_epoch=0,
            names=[topic],
            owned=[],
            rebalance_timeout_ms=1000,
        )
        assert answer["error_code"] == 0, answer
        return answer["heartbeat_interval_ms"]

    assert interval("one") == 2000
    admin.alter(broker.address, "group", name, "consumer.heartbeat.interval.ms", "5000")
    assert admin.read(broker.address, "group", name, "consumer.heartbeat.interval.ms") == "5000"
    assert interval("two") == 5000
    admin.alter(broker.address, "group", name, "consumer.heartbeat.interval.ms", operation="delete")
    assert interval("three") == 2000
    for key, value in (
        ("consumer.heartbeat.interval.ms", "often"),
        ("no.such.setting", "1"),
        ("share.auto.offset.reset", "tomorrow"),
    ):
        with pytest.raises(Refused) as refused:
            admin.alter(broker.address, "group", name, key, value)
        assert refused.value.code == raw.INVALID_CONFIG


def test_settings_say_where_they_come_from(broker, connection, topic):
    """From the nearest to the farthest: topic, this broker, all brokers, its file, the default."""
    connection.create(topic)
    key = "retention.ms"

    def sources():
        found = describe(connection, TOPIC, topic, key)
        assert found["source"] == found["synonyms"][0]["source"]
        assert found["value"] == found["synonyms"][0]["value"]
        return [(synonym["value"], synonym["source"]) for synonym in found["synonyms"]]

    at_start = sources()
    assert at_start[0] == ("-1", STATIC)
    assert at_start[-1][1] == DEFAULT
    try:
        assert alter(connection, BROKER, "", ("log.retention.ms", SET, "3000")) == 0
        assert sources()[0] == ("3000", OF_ALL_BROKERS)
        assert alter(connection, BROKER, "1", ("log.retention.ms", SET, "2000")) == 0
        assert sources()[:2] == [("2000", OF_BROKER), ("3000", OF_ALL_BROKERS)]
        assert alter(connection, TOPIC, topic, ("retention.ms", SET, "1000")) == 0
        assert sources() == [("1000", OF_TOPIC), ("2000", OF_BROKER), ("3000", OF_ALL_BROKERS), *at_start]
    finally:
        for name in ("1", ""):
            alter(connection, BROKER, name, ("log.retention.ms", DELETE, None))
    assert alter(connection, TOPIC, topic, ("retention.ms", DELETE, None)) == 0
    assert sources() == at_start


@pytest.mark.parametrize(
    "kind, name", [(TOPIC, None), (BROKER, "1"), (GROUP, "g")], ids=["topic", "broker", "group"]
)
def test_settings_are_explained(connection, topic, kind, name):
    if kind == TOPIC:
        connection.create(topic)
    for key, found in describe(connection, kind, name or topic).items():
        assert found["documentation"], key
        assert found["type"] != 0, key


@pytest.mark.parametrize("version", range(3))
def test_the_old_alter_replaces_everything(connection, topic, version):
    """What it does not name is taken back."""
    connection.create(topic, retention_ms=1000, segment_bytes=1048576)
    resources = [{"type": TOPIC, "name": topic, "configs": [{"name": "retention.ms", "value": "5000"}]}]
    [answer] = connection.call(apis.ALTER_CONFIGS, version, resources=resources, validate_only=True)[
        "responses"
    ]
    assert answer["error_code"] == 0
    assert describe(connection, TOPIC, topic, "retention.ms")["value"] == "1000"
    [answer] = connection.call(apis.ALTER_CONFIGS, version, resources=resources)["responses"]
    assert answer["error_code"] == 0
    assert describe(connection, TOPIC, topic, "retention.ms")["value"] == "5000"
    assert describe(connection, TOPIC, topic, "segment.bytes")["source"] != OF_TOPIC


@pytest.mark.parametrize("version", range(1, 5))
def test_every_version_of_describe_configs(connection, topic, version):
    connection.create(topic, retention_ms=1000)
    resources = [
        {"type": TOPIC, "name": topic, "keys": ["retention.ms", "no.such.setting"]},
        {"type": TOPIC, "name": "no-such-topic", "keys": None},
    ]
    found, missing = connection.call(apis.DESCRIBE_CONFIGS, version, resources=resources)["results"]
    [config] = found["configs"]
    assert (config["name"], config["value"], config["source"]) == ("retention.ms", "1000", OF_TOPIC)
    assert missing["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION


def test_one_bad_change_changes_nothing(connection, topic):
    connection.create(topic)
    error = alter(connection, TOPIC, topic, ("retention.ms", SET, "1000"), ("segment.bytes", SET, "-5"))
    assert error == raw.INVALID_CONFIG
    assert alter(connection, TOPIC, topic, ("retention.ms", SET, "1000"), validate_only=True) == 0
    assert alter(connection, TOPIC, topic, ("retention.ms", APPEND, "1")) == raw.INVALID_CONFIG
    assert alter(connection, TOPIC, topic, ("retention.ms", 9, "1")) == raw.INVALID_REQUEST
    twice = (("retention.ms", SET, "1000"), ("retention.ms", SET, "2000"))
    assert alter(connection, TOPIC, topic, *twice) == raw.INVALID_REQUEST
    assert describe(connection, TOPIC, topic, "retention.ms")["source"] != OF_TOPIC
    assert (
        alter(connection, TOPIC, "no-such-topic", ("retention.ms", SET, "1"))
        == raw.UNKNOWN_TOPIC_OR_PARTITION
    )
    assert alter(connection, 99, "x", ("retention.ms", SET, "1")) == raw.INVALID_REQUEST
    assert alter(connection, BROKER, "77", ("log.retention.ms", SET, "1")) != 0


def test_settings_of_all_kinds_outlive_a_crash(own_broker):
    broker = own_broker()
    with raw.Connection(broker.address) as connection:
        connection.create("topic")
        assert alter(connection, TOPIC, "topic", ("retention.ms", SET, "1000")) == 0
        assert alter(connection, BROKER, "1", ("message.max.bytes", SET, "2000000")) == 0
        assert alter(connection, BROKER, "", ("log.retention.bytes", SET, "77777777")) == 0
        assert alter(connection, GROUP, "g", ("consumer.session.timeout.ms", SET, "50000")) == 0
    for end in (broker.kill9, broker.stop):
        end()
        broker.start()
        with raw.Connection(broker.address) as connection:
            assert describe(connection, TOPIC, "topic", "retention.ms")["value"] == "1000"
            assert describe(connection, TOPIC, "topic", "max.message.bytes")["value"] == "2000000"
            assert describe(connection, TOPIC, "topic", "retention.bytes")["value"] == "77777777"
            assert describe(connection, GROUP, "g", "consumer.session.timeout.ms")["value"] == "50000"


def test_what_has_settings_is_listed(broker, connection, topic):
    connection.create(topic)
    name = unique("group")
    assert alter(connection, GROUP, name, ("consumer.session.timeout.ms", SET, "50000")) == 0
    assert alter(connection, CLIENT_METRICS, "watch", ("interval.ms", SET, "1000")) == 0
    found = python_admin._call(broker.address, lambda client: client.list_config_resources())
    assert topic in found["topic"]
    assert found["broker"] == ["1"]
    assert name in found["group"]
    assert found["client_metrics"] == ["watch"]
    only = python_admin._call(broker.address, lambda client: client.list_config_resources(["GROUP"]))
    assert set(only) == {"group"}
    assert alter(connection, CLIENT_METRICS, "watch", ("interval.ms", DELETE, None)) == 0


# Partitions, directories, producers


@pytest.mark.parametrize("admin", ADMINS, ids=lambda admin: admin.name)
def test_records_are_deleted_from_the_front(broker, admin, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
    clients.ALL[1].produce(broker.address, topic, [Record(None, b"%d" % number) for number in range(10)])
    assert admin.delete_records(broker.address, topic, 4) == 4
    assert clients.ALL[0].watermarks(broker.address, topic) == (4, 10)
    assert admin.delete_records(broker.address, topic, -1) == 10
    assert clients.ALL[0].watermarks(broker.address, topic) == (10, 10)


def test_the_directory_tells_its_sizes(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic, 2)
    clients.ALL[1].produce(broker.address, topic, [Record(None, bytes(1000)) for _ in range(100)])
    wanted = {topic: [0, 1]}
    [answer] = python_admin._call(broker.address, lambda client: client.describe_log_dirs(wanted))
    [directory] = answer["log_dirs"]
    assert directory["error_code"] == 0
    assert directory["total_bytes"] >= directory["usable_bytes"] > 0
    [found] = directory["topics"]
    sizes = {part["partition_index"]: part["partition_size"] for part in found["partitions"]}
    assert found["name"] == topic
    assert 100_000 <= sizes[0] < 200_000
    assert sizes[1] == 0


def test_producers_are_described(broker, topic):
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
        connection.produce(topic, raw.batch(b"a", b"b", producer=(4321, 3, 0)))
        wanted = [PythonTopicPartition(topic, 0)]
        [found] = python_admin._call(
            broker.address, lambda client: client.describe_producers(wanted)
        ).values()
        [producer] = found.active_producers
        assert (producer.producer_id, producer.producer_epoch, producer.last_sequence) == (4321, 3, 1)


def test_the_only_broker_leads_whatever_is_asked(broker, topic):
    """Elections are not needed, and replicas can be nowhere else."""
    with raw.Connection(broker.address) as connection:
        connection.create(topic)
    client = AdminClient({"bootstrap.servers": broker.address, "log_level": 4})
    wanted = TopicPartition(topic, 0)
    [error] = client.elect_leaders(ElectionType.PREFERRED, [wanted]).result(10).values()
    assert error is not None
    assert error.code() == 84
    here, there = PythonTopicPartition(topic, 0), PythonTopicPartition("no-such-topic", 0)
    answer = python_admin._call(
        broker.address, lambda client: client.alter_partition_reassignments({here: [1], there: [1]})
    )
    assert answer[here] is None
    assert answer[there].errno == raw.UNKNOWN_TOPIC_OR_PARTITION
    elsewhere = python_admin._call(
        broker.address, lambda client: client.alter_partition_reassignments({here: [2]})
    )
    assert elsewhere[here].errno == 39
    assert python_admin._call(broker.address, lambda client: client.list_partition_reassignments()) == {}


# Quotas and telemetry


def test_quotas_are_stored_found_and_removed(own_broker):
    """For a user, for a client, for both, for the default; exact, default and any."""
    broker = own_broker()
    entities = [
        [("user", "anna")],
        [("user", None)],
        [("client-id", "app")],
        [("user", "anna"), ("client-id", "app")],
        [("user", "anna"), ("client-id", None)],
    ]

    def entity(pairs):
        return [{"type": type, "name": name} for type, name in pairs]

    def found(connection, *components, strict=False):
        listed = [{"type": type, "match_type": kind, "match": match} for type, kind, match in components]
        answer = connection.call(apis.DESCRIBE_CLIENT_QUOTAS, 1, components=listed, strict=strict)
        assert answer["error_code"] == 0, answer
        return {
            frozenset((e["type"], e["name"]) for e in entry["entity"]): {
                value["key"]: value["value"] for value in entry["values"]
            }
            for entry in answer["entries"]
        }

    with raw.Connection(broker.address) as connection:
        for number, pairs in enumerate(entities):
            operations = [{"key": "producer_byte_rate", "value": 1000.0 + number}]
            [answer] = connection.call(
                apis.ALTER_CLIENT_QUOTAS, 1, entries=[{"entity": entity(pairs), "operations": operations}]
            )["entries"]
            assert answer["error_code"] == 0, answer
        bad = [{"entity": entity([("user", "bert")]), "operations": [{"key": "speed", "value": 1.0}]}]
        [answer] = connection.call(apis.ALTER_CLIENT_QUOTAS, 1, entries=bad)["entries"]
        assert answer["error_code"] == raw.INVALID_REQUEST
    broker.kill9()
    broker.start()
    with raw.Connection(broker.address) as connection:
        everything = found(connection)
        assert everything == {
            frozenset(pairs): {"producer_byte_rate": 1000.0 + number} for number, pairs in enumerate(entities)
        }
        assert set(found(connection, ("user", 0, "anna"))) == {frozenset(entities[n]) for n in (0, 3, 4)}
        assert set(found(connection, ("user", 0, "anna"), strict=True)) == {frozenset(entities[0])}
        assert set(found(connection, ("user", 1, None))) == {frozenset(entities[1])}
        assert set(found(connection, ("client-id", 2, None))) == {frozenset(entities[n]) for n in (2, 3, 4)}
        removal = [{"key": "producer_byte_rate", "is_removal": True}]
        for pairs in entities:
            connection.call(
                apis.ALTER_CLIENT_QUOTAS, 1, entries=[{"entity": entity(pairs), "operations": removal}]
            )
        assert found(connection) == {}


def test_clients_are_asked_for_the_metrics_an_operator_wants(connection):
    """An id for each client, a subscription that follows the settings, and pushes that match it."""
    key, version = apis.GET_TELEMETRY_SUBSCRIPTIONS, 0
    wanted = [("metrics", SET, "org.apache.kafka."), ("interval.ms", SET, "1000")]
    assert alter(connection, CLIENT_METRICS, "all", *wanted) == 0
    first = connection.call(key, version)
    assert first["error_code"] == 0
    assert first["client"] != bytes(16)
    assert (first["push_interval_ms"], first["metrics"]) == (1000, ["org.apache.kafka."])
    assert first["max_bytes"] > 0
    second = connection.call(key, version)
    assert second["client"] != first["client"]

    def push(asked, data=b"", subscription=None):
        wanted = asked["subscription"] if subscription is None else subscription
        fields = {"client": asked["client"], "subscription": wanted, "metrics": data}
        return connection.call(apis.PUSH_TELEMETRY, 0, **fields)["error_code"]

    assert push(first) == 0
    assert push(first) == raw.THROTTLING_QUOTA_EXCEEDED
    assert push(second, subscription=second["subscription"] + 1) == raw.UNKNOWN_SUBSCRIPTION_ID
    third = connection.call(key, version)
    assert push(third, bytes(third["max_bytes"] + 1)) == raw.TELEMETRY_TOO_LARGE
    forget = [("metrics", DELETE, None), ("interval.ms", DELETE, None)]
    assert alter(connection, CLIENT_METRICS, "all", *forget) == 0


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\x0a\x05", struct.pack(">q", -1) * 50],
    ids=["ones", "endless", "nested-beyond-the-end", "negative"],
)
def test_telemetry_that_makes_no_sense_is_refused(broker, connection, data):
    assert alter(connection, CLIENT_METRICS, "all", ("metrics", SET, "*"), ("interval.ms", SET, "1000")) == 0
    asked = connection.call(apis.GET_TELEMETRY_SUBSCRIPTIONS, 0)
    answer = connection.call(
        apis.PUSH_TELEMETRY, 0, client=asked["client"], subscription=asked["subscription"], metrics=data
    )
    assert answer["error_code"] in (0, raw.INVALID_RECORD)
    for codec in (1, 2, 3, 4, 9, -1):
        with raw.Connection(broker.address) as other:
            asked = other.call(apis.GET_TELEMETRY_SUBSCRIPTIONS, 0)
            other.call(
                apis.PUSH_TELEMETRY,
                0,
                client=asked["client"],
                subscription=asked["subscription"],
                metrics=data,
                compression=codec,
            )
    assert broker.is_running
