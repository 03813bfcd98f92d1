"""Find the Chromium that the browser tests use, or install Debian's where the system lets us.

`make test` runs this file before the tests; `conftest.py` only looks. The tests are never left out:
without a browser both stop and say how to get one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_ONE = (
    "error: the browser tests need Chromium. Received: none of "
    f"{', '.join(NAMES)} on the PATH, and SIAMESE_CHROMIUM is not set. "
    "Install it (apt-get install chromium) or set SIAMESE_CHROMIUM=/path/to/chromium."
)


def find_chromium() -> Path | None:
    """The browser named by SIAMESE_CHROMIUM, else the first of `NAMES` on the PATH that starts."""
    named = os.environ.get("SIAMESE_CHROMIUM")
    candidates = [named] if named else [shutil.which(name) for name in NAMES]
    return next((Path(path) for path in candidates if path and _starts(path)), None)


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser can be a script that only says "install the snap"
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install(package: str) -> None:
    """Install Debian's package as root or by a sudo that asks for no password; else do nothing."""
    if shutil.which("apt-get") is None:
        return
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        prefix = ["sudo", "-n"]
    else:
        return
    print(f"Installing {package} for the tests", file=sys.stderr)
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    subprocess.run([*quiet, "update"], stdout=sys.stderr)
    subprocess.run([*quiet, "install", package], stdout=sys.stderr)


def main() -> str | None:
    """Make sure that there is a browser. The line to stop with where there is none."""
    named = os.environ.get("SIAMESE_CHROMIUM")
    if find_chromium():
        return None
    if named:
        return (
            f"error: SIAMESE_CHROMIUM must name a Chromium that starts. Received: {named}. Mend or unset it."
        )
    install("chromium")
    return None if find_chromium() else HOW_TO_GET_ONE


if __name__ == "__main__":
    sys.exit(main())
