"""What a broker costs while nobody uses it."""

import os
import re
import time


def wake_ups(broker):
    count = 0
    tasks = f"/proc/{broker.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status") as file:
            count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.MULTILINE)[1])
    return count


def test_an_idle_broker_is_small_and_sleeps(own_broker):
    broker = own_broker()
    # What the start has left to do on other threads.
    time.sleep(3)
    assert broker.memory() <= 20_000_000
    before = wake_ups(broker)
    time.sleep(6)
    assert wake_ups(broker) - before <= 6 * 5
