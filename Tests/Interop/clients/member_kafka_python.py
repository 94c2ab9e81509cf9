"""A member of a group: kafka-python."""

import time

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

_STRATEGIES = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}


class _Listener(ConsumerRebalanceListener):
    def __init__(self, report):
        self.report = report

    def on_partitions_assigned(self, assigned):
        self.report("assigned", partitions=[list(partition) for partition in assigned])

    def on_partitions_revoked(self, revoked):
        self.report("revoked", partitions=[list(partition) for partition in revoked])

    def on_partitions_lost(self, lost):
        self.report("lost", partitions=[list(partition) for partition in lost])


def run(options, report, is_over):
    consumer = KafkaConsumer(
        bootstrap_servers=options["address"],
        group_id=options["group"],
        group_instance_id=options["instance"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=options["session_ms"],
        heartbeat_interval_ms=options["heartbeat_ms"],
        metadata_max_age_ms=options["metadata_ms"],
        partition_assignment_strategy=[_STRATEGIES[options["strategy"] or "range"]],
        fetch_max_wait_ms=200,
        reconnect_backoff_max_ms=200,
        # How long a commit waits for an answer that a dead broker will not give.
        request_timeout_ms=max(10_000, options["session_ms"] + 1000),
    )
    consumer.subscribe(options["topics"], listener=_Listener(report))
    while not is_over():
        try:
            _work(consumer, options, report)
        except KafkaError as error:
            report("refused", error=type(error).__name__)
            time.sleep(0.1)
    consumer.close()


def _work(consumer, options, report):
    # Not shorter: when a poll ends in the middle of joining, this client may forget that it has joined.
    polled = consumer.poll(timeout_ms=1000)
    if not polled:
        return
    seen = [[*key, m.offset, m.value.decode()] for key, messages in polled.items() for m in messages]
    report("records", records=seen)
    if options["commits"]:
        options["pause_before_commit"]()
        next_offsets = {key: messages[-1].offset + 1 for key, messages in polled.items()}
        consumer.commit({key: OffsetAndMetadata(at, "", -1) for key, at in next_offsets.items()})
        report("committed", offsets=[[*key, at] for key, at in next_offsets.items()])
