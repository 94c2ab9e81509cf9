"""A member of a group: aiokafka."""

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError

_STRATEGIES = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}


class _Listener(ConsumerRebalanceListener):
    def __init__(self, report):
        self.report = report

    def on_partitions_assigned(self, assigned):
        self.report("assigned", partitions=[list(partition) for partition in assigned])

    def on_partitions_revoked(self, revoked):
        self.report("revoked", partitions=[list(partition) for partition in revoked])


def run(options, report, is_over):
    asyncio.run(_run(options, report, is_over))


async def _run(options, report, is_over):
    consumer = await _started(options, report)
    while not is_over():
        try:
            await _work(consumer, options, report)
        except (KafkaError, IllegalStateError) as error:
            report("refused", error=type(error).__name__)
            await asyncio.sleep(0.1)
    await consumer.stop()


async def _started(options, report):
    """This client does not wait for a broker that is not there yet."""
    while True:
        consumer = _consumer(options)
        consumer.subscribe(options["topics"], listener=_Listener(report))
        try:
            await consumer.start()
            return consumer
        except KafkaError:
            await consumer.stop()
            await asyncio.sleep(0.1)


def _consumer(options):
    return AIOKafkaConsumer(
        bootstrap_servers=options["address"],
        group_id=options["group"],
        group_instance_id=options["instance"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=options["session_ms"],
        rebalance_timeout_ms=10_000,
        heartbeat_interval_ms=options["heartbeat_ms"],
        metadata_max_age_ms=options["metadata_ms"],
        partition_assignment_strategy=[_STRATEGIES[options["strategy"] or "range"]],
        fetch_max_wait_ms=200,
        request_timeout_ms=11_000,
    )


async def _work(consumer, options, report):
    polled = await consumer.getmany(timeout_ms=100)
    if not polled:
        return
    seen = [[*key, m.offset, m.value.decode()] for key, messages in polled.items() for m in messages]
    report("records", records=seen)
    if options["commits"]:
        options["pause_before_commit"]()
        next_offsets = {key: messages[-1].offset + 1 for key, messages in polled.items()}
        await consumer.commit(next_offsets)
        report("committed", offsets=[[*key, at] for key, at in next_offsets.items()])
