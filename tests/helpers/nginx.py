"""A real nginx before the app, on free ports; Debian's is installed where that is allowed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.chromium import install
from helpers.servers import free_port

HOW_TO_GET_IT = "error: the tests behind a proxy need nginx. Install it (apt-get install nginx-light)."
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def nginx(folder: Path, locations: Sequence[str]) -> Iterator[list[str]]:
    """Within it, nginx serves each `location` block at an address of its own; yields the addresses."""
    program = find_nginx()
    ports = [free_port() for _ in locations]
    kept = " ".join(f"{name}_temp_path {folder / name};" for name in FOLDERS)
    blocks = "\n".join(
        f"server {{ listen 127.0.0.1:{port};\n{location}\n}}"
        for port, location in zip(ports, locations, strict=True)
    )
    user = "user root;" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(
        f"daemon off; pid {folder / 'pid'}; error_log {folder / 'error.log'}; {user}\n"
        f"events {{}}\nhttp {{ access_log off; {kept}\n{blocks}\n}}\n"
    )
    with subprocess.Popen([program, "-c", settings, "-e", folder / "error.log"]) as running:
        try:
            for port in ports:
                _wait_for(port, running)
            yield [f"http://127.0.0.1:{port}" for port in ports]
        finally:
            running.terminate()


def find_nginx() -> str:
    """nginx on the PATH or where Debian puts it, installed if need be; fails the test where there is none."""
    found = _found()
    if found is None:
        install("nginx-light")
        found = _found()
    return found or pytest.fail(HOW_TO_GET_IT)


def _found() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _wait_for(port: int, running: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if running.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"nginx does not answer; exit code {running.poll()}")
        time.sleep(0.05)
