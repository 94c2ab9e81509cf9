"""A real file of some 50 MB and a million lines: an index of packages that apt keeps on the machine."""

import os
import shutil
import subprocess
from pathlib import Path

_LISTS = Path("/var/lib/apt/lists")

# Larger ones would only take longer.
_LIMIT = 120 * 1024 * 1024


def package_index(folder):
    """Unpacks the largest index into `folder` and returns its path; MARTLET_REAL_FILE names another file."""
    named = os.environ.get("MARTLET_REAL_FILE")
    if named:
        return Path(named)
    if not _indexes():
        _update()
    unpacked = folder / "Packages"
    for index in sorted(_indexes(), key=lambda path: path.stat().st_size, reverse=True):
        with unpacked.open("wb") as output:
            subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", str(index)], stdout=output, check=True)
        if unpacked.stat().st_size <= _LIMIT:
            return unpacked
    raise AssertionError("apt keeps no package index here; name any large text file in MARTLET_REAL_FILE")


def _indexes():
    return [path for path in _LISTS.glob("*_Packages*") if path.is_file()]


def _update():
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        subprocess.run([*sudo, "apt-get", "-qq", "update"], check=False)


def assert_same_bytes(expected, actual):
    """Compares two byte strings line by line, and says where they part instead of printing both."""
    if expected == actual:
        return
    wanted, got = expected.split(b"\n"), actual.split(b"\n")
    for number, (left, right) in enumerate(zip(wanted, got, strict=False), start=1):
        assert left == right, f"line {number} of {len(wanted)} (there are {len(got)})"
    raise AssertionError(f"{len(wanted)} lines became {len(got)}")
