"""A member of a group: confluent-kafka, in the classic protocol or in the one of KIP-848."""

from confluent_kafka import Consumer, KafkaException, TopicPartition


def run(options, report, is_over):
    consumer = Consumer(_settings(options))

    def listener(word):
        return lambda _, partitions: report(word, partitions=[[p.topic, p.partition] for p in partitions])

    consumer.subscribe(
        options["topics"],
        on_assign=listener("assigned"),
        on_revoke=listener("revoked"),
        on_lost=listener("lost"),
    )
    while not is_over():
        next_offsets, seen = {}, []
        for message in consumer.consume(500, timeout=0.1):
            if message.error():
                report("trouble", error=message.error().name())
                continue
            seen.append([message.topic(), message.partition(), message.offset(), message.value().decode()])
            next_offsets[message.topic(), message.partition()] = message.offset() + 1
        if not seen:
            continue
        report("records", records=seen)
        if not options["commits"]:
            continue
        options["pause_before_commit"]()
        offsets = [TopicPartition(topic, partition, at) for (topic, partition), at in next_offsets.items()]
        try:
            done = consumer.commit(offsets=offsets, asynchronous=False)
            refused = [partition.error.name() for partition in done if partition.error]
        except KafkaException as error:
            refused = [error.args[0].name()]
        if refused:
            report("refused", error=refused[0])
        else:
            report("committed", offsets=[[*key, at] for key, at in next_offsets.items()])
    consumer.close()


def _settings(options):
    settings = {
        "bootstrap.servers": options["address"],
        "group.id": options["group"],
        "group.protocol": options["protocol"],
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "topic.metadata.refresh.interval.ms": options["metadata_ms"],
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 200,
        "fetch.wait.max.ms": 200,
        "log_level": 2,
    }
    if options["instance"]:
        settings["group.instance.id"] = options["instance"]
    strategy = options["strategy"]
    if options["protocol"] == "consumer":
        # Sessions and heartbeats are the broker's business there.
        settings |= {"group.remote.assignor": strategy} if strategy else {}
    else:
        settings |= {
            "partition.assignment.strategy": strategy or "range,roundrobin",
            "session.timeout.ms": options["session_ms"],
            "heartbeat.interval.ms": options["heartbeat_ms"],
        }
    return settings
