"""The lock that `make run` installs: every requirement in it, exact, with hashes; no known weakness in it."""

import json
import re
import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.paths import ASSETS, ROOT

LOCK = ASSETS / "requirements.lock"
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = {"linux": ("x86_64", "aarch64"), "darwin": ("arm64",), "win32": ("AMD64",)}


def entries() -> list[tuple[Requirement, list[str]]]:
    """The requirements of the lock and the hashes of each."""
    lines = [line for line in LOCK.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(Requirement(HASH.sub("", line).strip()), HASH.findall(line)) for line in joined if line.strip()]


def required() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def machines() -> list[dict]:
    """The markers of every Python and system that is served."""
    return [
        {"python_full_version": f"{python}.0", "sys_platform": system, "platform_machine": machine}
        for python in PYTHONS
        for system, kinds in SYSTEMS.items()
        for machine in kinds
    ]


def test_every_entry_is_one_exact_version_with_hashes():
    for entry, hashes in entries():
        assert [each.operator for each in entry.specifier] == ["=="] and hashes, entry


def test_the_lock_has_a_fitting_version_of_each_requirement_for_every_system():
    locked = {}
    for entry, _ in entries():
        locked.setdefault(canonicalize_name(entry.name), []).append(entry)
    for machine in machines():
        for each in required():
            fitting = [
                entry
                for entry in locked.get(canonicalize_name(each.name), [])
                if entry.marker is None or entry.marker.evaluate(machine)
            ]
            assert len(fitting) == 1, f"{each}: run `make lock`"
            (exact,) = fitting[0].specifier
            assert each.specifier.contains(exact.version), f"{each}: run `make lock`"


@pytest.mark.soak
def test_no_library_of_the_lock_has_a_known_weakness():
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(LOCK)]
    asked = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "20"],
        capture_output=True,
        text=True,
    )
    try:
        told = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        pytest.skip(f"the advisories cannot be reached from here: {asked.stderr.strip()[-300:]}")
    looked_up = [each for each in told if "vulns" in each]
    if not looked_up:
        pytest.skip(f"the registry of this machine has no advisories: {told[0]['skip_reason']}")
    weak = {
        f"{each['name']} {each['version']}": [found["id"] for found in each["vulns"]]
        for each in looked_up
        if each["vulns"]
    }
    assert not weak, f"raise these with `make lock UPGRADE=--upgrade`: {weak}"
