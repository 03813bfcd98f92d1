"""The files that ship with the program: checkpoints, samples, and what the browser gets."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# a wheel holds them inside the package, a checkout beside it
ASSETS = _PACKAGE / "assets" if (_PACKAGE / "assets").is_dir() else _PACKAGE.parent / "assets"
