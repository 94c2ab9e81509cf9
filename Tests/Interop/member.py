"""A member of a consumer group as a process of its own, to be killed and paused: `member.py OPTIONS`.

It reads, prints what it has read, and only then commits. Options are JSON, and so is the line for each thing
that happens: `assigned`, `revoked`, `lost` (partitions), `records`, `committed`, `refused`, `trouble`,
`closed`. SIGTERM makes it leave."""

import importlib
import json
import signal
import sys
import time
from pathlib import Path


def main():
    options = json.loads(sys.argv[1])
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))

    def report(event, **fields):
        # One write for each line: a process that is killed leaves whole lines.
        sys.stdout.write(json.dumps({"event": event, "time": time.monotonic(), **fields}) + "\n")
        sys.stdout.flush()

    seconds = options.pop("seconds_before_commit")
    options["pause_before_commit"] = lambda: seconds and time.sleep(seconds)
    # Not by way of the package, which would load every client there is.
    sys.path.insert(0, str(Path(__file__).parent / "clients"))
    importlib.import_module(options.pop("program")).run(options, report, lambda: bool(over))
    report("closed")


if __name__ == "__main__":
    main()
