"""A broker process under test: started, killed, restarted, stopped, and its log judged."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("MARTLET_BINARY", str(REPOSITORY / ".build/release/martlet"))

START_SECONDS = 15.0
STOP_SECONDS = 10.0

# What a crashing Swift process or the kernel writes; never expected.
CRASH = re.compile(
    r"Fatal error|\*\*\* .*crash|Segmentation fault|Illegal instruction|AddressSanitizer|Precondition failed"
)


def free_port():
    """Below the ports that the system gives to outgoing connections: a client that knocks while its broker is down
    must not take the broker's port, nor connect to itself."""
    while True:
        port = random.randrange(12_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Broker:
    """`settings` become `--set key=value`; the temporary data directory outlives restarts, not the object.

    `data` names a directory that exists already, `prefix` a command that runs the broker."""

    def __init__(self, settings=None, port=None, data=None, prefix=()):
        # Records of tests are often years old.
        self.settings = {"log.retention.ms": -1, **(settings or {})}
        self.port = port or free_port()
        self.root = Path(tempfile.mkdtemp(prefix="martlet-interop-"))
        self.data = data or self.root / "data"
        self.prefix = list(prefix)
        self.log_path = self.root / "broker.log"
        self.process = None
        self._expected = []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def command(self):
        command = [*self.prefix, BINARY, "serve", "--data-dir", str(self.data), "--listen", self.address]
        command += ["--log-format", "json"]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        return command

    def launch(self):
        """Starts the process and does not wait. Returns where its part of the log begins."""
        assert self.process is None, "the broker runs already"
        offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return offset

    def start(self):
        """Returns the seconds from the start of the process to its ready line."""
        began = time.monotonic()
        offset = self.launch()
        while self.address.encode() not in self._log_bytes(offset) or not self._accepts():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the broker left with {self.process.returncode} at start:\n{self.log_tail()}"
                )
            if time.monotonic() - began > START_SECONDS:
                raise AssertionError(f"no ready line within {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.005)
        return time.monotonic() - began

    def kill9(self):
        """Ends the process as a crash would: nothing is flushed, nothing is said to clients."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        """Asks the process to leave and insists that it does so in time, with success."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM:\n{self.log_tail()}") from None
        self.process = None
        assert code == 0, f"SIGTERM ended the broker with {code}:\n{self.log_tail()}"

    def restart(self):
        self.stop()
        return self.start()

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def memory(self, field="VmRSS"):
        """Resident memory in bytes: `VmRSS` now, `VmHWM` at its highest."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field} in /proc/{self.process.pid}/status")

    def reset_peak_memory(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def expect_in_log(self, pattern):
        """Allows warnings and errors that match; everything else fails the test that closes the broker."""
        self._expected.append(re.compile(pattern))

    def log_text(self):
        return self._log_bytes().decode(errors="replace")

    def complaints(self):
        """Lines of the log that nobody expected: warnings, errors, crashes."""
        found = []
        for line in self._log_bytes().decode(errors="replace").splitlines():
            if any(pattern.search(line) for pattern in self._expected):
                continue
            if CRASH.search(line) or level_of(line) in ("warning", "error", "critical"):
                found.append(line)
        return found

    def close(self):
        """Stops, judges the log, and removes the data; the log stays when something was wrong."""
        try:
            if self.process is not None:
                assert self.is_running, f"the broker died with {self.process.poll()}:\n{self.log_tail()}"
                self.stop()
            complaints = self.complaints()
            assert not complaints, "unexpected in the broker's log:\n" + "\n".join(complaints[:20])
        except AssertionError:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        shutil.rmtree(self.root, ignore_errors=True)

    def abandon(self):
        """Takes the process and the data away whatever happened."""
        if self.process is not None:
            self.kill9()
        shutil.rmtree(self.data, ignore_errors=True)

    def log_tail(self, lines=30):
        return "\n".join(self._log_bytes().decode(errors="replace").splitlines()[-lines:])

    def _log_bytes(self, offset=0):
        with self.log_path.open("rb") as log:
            log.seek(offset)
            return log.read()

    def _accepts(self):
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def level_of(line):
    """The level of one log line, JSON or human form; None for other output such as the ready line."""
    try:
        level = json.loads(line).get("level", "")
        return str(level).lower() or None
    except (ValueError, AttributeError):
        found = re.search(r"\b(trace|debug|info|notice|warning|error|critical)\b", line[:80], re.IGNORECASE)
        return found.group(1).lower() if found else None
