"""A member of a share group in a process of its own, so that it can be killed.

    python share_worker.py ADDRESS GROUP TOPIC [--hold] [--slow]

It reads, says so, acknowledges, and says so: each line is `got PARTITION OFFSET VALUE` or `done PARTITION
OFFSET`, the latter when the broker has confirmed it. With `--hold` it acknowledges nothing, with `--slow` it
takes its time."""

import sys
import time

from confluent_kafka import ShareConsumer


def main(address, group, topic, hold, slow):
    consumer = ShareConsumer(
        {
            "bootstrap.servers": address,
            "group.id": group,
            "share.acknowledgement.mode": "explicit",
            "max.poll.records": 50,
            "log_level": 2,
        }
    )
    consumer.subscribe([topic])
    print("ready", flush=True)
    while True:
        got = []
        for message in consumer.poll(1.0):
            if message.error():
                continue
            print("got", message.partition(), message.offset(), message.value().decode(), flush=True)
            if hold:
                time.sleep(3600)
            if slow:
                time.sleep(0.005)
            consumer.acknowledge(message)
            got.append(message)
        if not got:
            continue
        failed = {
            (place.topic, place.partition) for place, error in consumer.commit_sync(30.0).items() if error
        }
        for message in got:
            if (message.topic(), message.partition()) not in failed:
                print("done", message.partition(), message.offset(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], hold="--hold" in sys.argv, slow="--slow" in sys.argv)
