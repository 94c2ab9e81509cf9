"""Topics and configs through the clients' admin APIs."""

import json
import time

import pytest

import clients
import raw
from clients.admin import ADMINS, Refused
from clients.kcat import run
from records import Record

SETTINGS = {"num.partitions": 3, "auto.create.topics.enable": "true", "log.segment.bytes": 64 * 1024 * 1024}


@pytest.fixture(params=ADMINS, ids=lambda admin: admin.name)
def admin(request):
    return request.param


def refusal(work, *arguments):
    with pytest.raises(Refused) as caught:
        work(*arguments)
    return caught.value.code


def test_a_topic_is_created_described_used_and_deleted(broker, admin, topic):
    configs = {"max.message.bytes": "123456", "segment.bytes": "1048576"}
    admin.create(broker.address, topic, 5, configs)
    assert topic in admin.topics(broker.address)
    assert admin.partition_count(broker.address, topic) == 5
    assert configs.items() <= admin.configs(broker.address, topic).items()

    clients.ALL[1].produce(broker.address, topic, [Record(None, b"x")], partition=4)
    assert clients.ALL[1].watermarks(broker.address, topic, partition=4) == (0, 1)

    admin.delete(broker.address, topic)
    assert topic not in admin.topics(broker.address)


def test_a_topic_made_again_starts_empty(broker, admin, topic):
    for _ in range(2):
        admin.create(broker.address, topic, 1, {})
        assert clients.ALL[1].watermarks(broker.address, topic) == (0, 0)
        clients.ALL[1].produce(broker.address, topic, [Record(None, b"x")] * 10)
        admin.delete(broker.address, topic)


def test_what_cannot_be_is_refused_with_the_code_of_its_reason(broker, admin, topic):
    admin.create(broker.address, topic, 1, {})
    assert refusal(admin.create, broker.address, topic, 1, {}) == raw.TOPIC_ALREADY_EXISTS
    assert refusal(admin.create, broker.address, "not/a name", 1, {}) == raw.INVALID_TOPIC
    assert refusal(admin.create, broker.address, "..", 1, {}) == raw.INVALID_TOPIC
    assert refusal(admin.create, broker.address, topic + "-c", 1, {"no.such.key": "1"}) == raw.INVALID_CONFIG
    bad_value = {"max.message.bytes": "many"}
    assert refusal(admin.create, broker.address, topic + "-c", 1, bad_value) == raw.INVALID_CONFIG
    assert refusal(admin.delete, broker.address, topic + "-missing") == raw.UNKNOWN_TOPIC_OR_PARTITION
    assert topic + "-c" not in admin.topics(broker.address)


def test_partitions_are_added_and_keep_what_the_others_have(broker, admin, topic):
    admin.create(broker.address, topic, 2, {})
    clients.ALL[1].produce(broker.address, topic, [Record(b"k", b"v")], partition=1)
    admin.add_partitions(broker.address, topic, 5)
    assert admin.partition_count(broker.address, topic) == 5
    assert clients.ALL[1].watermarks(broker.address, topic, partition=1) == (0, 1)
    clients.ALL[1].produce(broker.address, topic, [Record(b"k", b"v")], partition=4)
    assert clients.ALL[1].watermarks(broker.address, topic, partition=4) == (0, 1)
    assert refusal(admin.add_partitions, broker.address, topic, 3) == raw.INVALID_PARTITIONS


def test_a_changed_config_takes_effect_at_once(broker, admin, topic):
    admin.create(broker.address, topic, 1, {"segment.bytes": "1000000"})
    with raw.Connection(broker.address) as connection:
        assert connection.produce(topic, raw.batch(b"x" * 5000))["error_code"] == 0
        admin.alter(broker.address, topic, {"max.message.bytes": "2000"})
        assert admin.configs(broker.address, topic)["max.message.bytes"] == "2000"
        assert connection.produce(topic, raw.batch(b"x" * 5000))["error_code"] == raw.MESSAGE_TOO_LARGE
    assert refusal(admin.alter, broker.address, topic, {"max.message.bytes": "few"}) == raw.INVALID_CONFIG


def test_defaults_of_the_broker_show_in_a_topic_without_configs(broker, admin, topic):
    admin.create(broker.address, topic, 1, {})
    configs = admin.configs(broker.address, topic)
    assert configs["segment.bytes"] == str(64 * 1024 * 1024)
    assert configs["cleanup.policy"] == "delete"
    assert configs["max.message.bytes"] == "1048588"


def test_the_broker_describes_itself(broker, admin):
    [broker_id] = admin.broker_ids(broker.address)
    configs = admin.broker_configs(broker.address, broker_id)
    assert configs["num.partitions"] == "3"
    assert configs["log.segment.bytes"] == str(64 * 1024 * 1024)


def test_producing_creates_a_missing_topic_with_the_configured_partitions(broker, client, topic):
    client.produce(broker.address, topic, [Record(b"k", b"v")])
    assert ADMINS[0].partition_count(broker.address, topic) == 3


@pytest.mark.parametrize("admin", ADMINS[:2], ids=lambda admin: admin.name)
def test_describing_a_missing_topic_does_not_create_it(broker, admin, topic):
    """Not so with aiokafka, whose describe_topics asks for the topic to be made."""
    assert refusal(admin.partition_count, broker.address, topic) == raw.UNKNOWN_TOPIC_OR_PARTITION
    assert topic not in ADMINS[0].topics(broker.address)


def test_kcat_lists_what_there_is(broker, topic):
    ADMINS[0].create(broker.address, topic, 4, {})
    listing = json.loads(run(["kcat", "-L", "-J", "-b", broker.address]))
    assert [member["name"] for member in listing["brokers"]] == [broker.address]
    [found] = [entry for entry in listing["topics"] if entry["topic"] == topic]
    assert sorted(part["partition"] for part in found["partitions"]) == [0, 1, 2, 3]


def test_topics_ids_and_configs_outlive_a_restart_and_a_crash(own_broker):
    broker = own_broker()
    admin = ADMINS[0]
    admin.create(broker.address, "kept", 7, {"max.message.bytes": "54321"})
    admin.create(broker.address, "dropped", 1, {})
    admin.delete(broker.address, "dropped")

    def topic_id():
        with raw.Connection(broker.address) as connection:
            answer = connection.call(raw.apis.METADATA, 12, topics=[{"name": "kept"}])
            return answer["topics"][0]["topic_id"], answer["cluster_id"]

    before = topic_id()
    assert any(before[0])
    for end in (broker.stop, broker.kill9):
        end()
        broker.start()
        assert topic_id() == before
        assert admin.topics(broker.address) == {"kept"}
        assert admin.partition_count(broker.address, "kept") == 7
        assert admin.configs(broker.address, "kept")["max.message.bytes"] == "54321"


def test_without_auto_creation_a_missing_topic_is_an_error(own_broker):
    broker = own_broker({"auto.create.topics.enable": "false"})
    with raw.Connection(broker.address) as connection:
        for version in (4, 9, 12):
            answer = connection.call(
                raw.apis.METADATA, version, topics=[{"name": "missing"}], allow_auto_topic_creation=True
            )
            assert answer["topics"][0]["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION
        assert connection.produce("missing", raw.batch(b"x"))["error_code"] == raw.UNKNOWN_TOPIC_OR_PARTITION


def test_a_hundred_partitions_are_made_quickly_and_survive(own_broker):
    broker = own_broker()
    began = time.monotonic()
    for number in range(20):
        ADMINS[0].create(broker.address, f"many-{number}", 5, {})
    assert time.monotonic() - began < 10
    broker.restart()
    assert len(ADMINS[0].topics(broker.address)) == 20
