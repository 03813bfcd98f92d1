"""Where the files lie that ship with the program: checkpoints, samples, styles and scripts of the page."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# Inside the package in a wheel, beside it in a checkout.
ASSETS = _PACKAGE / "assets" if (_PACKAGE / "assets").is_dir() else _PACKAGE.parent / "assets"
