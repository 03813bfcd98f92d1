"""Check what surrounds the program: the home folder, proxies, the port of the page."""

import http.client
import os
import socket
import tempfile
from pathlib import Path
from urllib.request import getproxies_environment, proxy_bypass_environment

from siamese_core.diagnosis.findings import Check, Finding

DEFAULT_PORT = 7860
OWN_HOST = "127.0.0.1"
OWN_NAMES = (OWN_HOST, "localhost")
ANSWER_SECONDS = 2.0
CACHES = ("KERAS_HOME", "HF_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME")  # variables that name a folder of caches
TEMPORARY_HOME = "siamese-"  # begins the name of a folder that `cli.start` names where there is no home


def can_write(folder: Path) -> bool:
    """Return whether a file can be made in the folder, or in the one where it would be made."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            return True
    except OSError:
        return False


def check_home() -> Finding:
    """Count the home folder and caches of libraries that cannot be written to or are temporary."""
    named = {name: Path(os.environ[name]) for name in CACHES if os.environ.get(name)}
    folders = {"the home folder": Path(os.path.expanduser("~"))} | named
    unfit = [f"{name} ({path}, {why})" for name, path in folders.items() if (why := _unkept(path))]
    check = Check("home", f"0 of {len(folders)} folders for libraries' caches that keep nothing")
    if not unfit:
        return check.ok(0)
    cause = f"What libraries download is not kept: {'; '.join(unfit)}."
    remedy = "Set HOME, or KERAS_HOME for weights, to a folder that can be written to."
    return check.found("warning", len(unfit), cause, remedy)


def _unkept(path: Path) -> str:
    """Return why a folder keeps nothing: one that `cli.start` made for want of a home, or closed; else ""."""
    beside = Path(tempfile.gettempdir())
    if any(each.parent == beside and each.name.startswith(TEMPORARY_HOME) for each in (path, path.parent)):
        return "temporary"
    return "" if can_write(path) else "not writable"


def check_proxy() -> Finding:
    """Count the names of this machine that programs would ask a proxy for."""
    proxies = getproxies_environment()
    asked = [name for name in OWN_NAMES if proxies and not proxy_bypass_environment(name, proxies)]
    check = Check("proxy", f"0 of {len(OWN_NAMES)} names of this machine asked of a proxy")
    used = sorted(set(proxies) & {"http", "https", "all"})
    if not used or not asked:
        return check.ok(0, f": {', '.join(used)} through a proxy" if used else ": no proxy is set")
    cause = f"Set: {', '.join(f'{each}_proxy' for each in used)}; NO_PROXY lacks {' and '.join(asked)}."
    remedy = "export NO_PROXY=127.0.0.1,localhost, so that clients of the page reach it."
    return check.found("warning", len(asked), cause, remedy)


def check_port(port: int = DEFAULT_PORT) -> Finding:
    """Check whether the port of the page is free, or a workbench serves there."""
    check = Check("port", f"0 other programs on port {port}")
    try:
        socket.create_connection((OWN_HOST, port), ANSWER_SECONDS).close()
    except OSError:
        return check.ok(0, ": it is free")
    if _is_workbench(port):
        return check.ok(0, ": a workbench serves there")
    cause = f"Another program listens on {OWN_HOST}:{port}."
    return check.found("warning", 1, cause, 'End it, or use another port: make run ARGS="--port 8000".')


def _is_workbench(port: int) -> bool:
    connection = http.client.HTTPConnection(OWN_HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return b'"slots"' in connection.getresponse().read(1 << 16)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
