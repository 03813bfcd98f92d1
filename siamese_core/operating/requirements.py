"""Read what the program requires: of its pyproject.toml in a checkout, else of the installed package."""

import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PACKAGE = "siamese-workbench"
PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"


@dataclass(frozen=True)
class Requirements:
    """python: its bounds; extras: by name."""

    python: SpecifierSet
    libraries: tuple[Requirement, ...]
    extras: dict[str, tuple[Requirement, ...]]


def requirements() -> Requirements:
    """Return what is required. PackageNotFoundError where there is neither a checkout nor a package."""
    if PROJECT_FILE.is_file():
        project = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))["project"]
        extras = {name: _read(texts) for name, texts in project["optional-dependencies"].items()}
        return Requirements(SpecifierSet(project["requires-python"]), _read(project["dependencies"]), extras)
    told = metadata(PACKAGE)
    every = _read(told.get_all("Requires-Dist") or [])
    libraries = tuple(each for each in every if _applies(each, ""))
    extras = {
        name: tuple(each for each in every if _applies(each, name) and each not in libraries)
        for name in told.get_all("Provides-Extra") or []
    }
    return Requirements(SpecifierSet(told["Requires-Python"]), libraries, extras)


def _read(texts: list[str]) -> tuple[Requirement, ...]:
    return tuple(map(Requirement, texts))


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def installed(requirement: Requirement) -> str | None:
    """Return the installed version; None where the library is missing."""
    try:
        return version(requirement.name)
    except PackageNotFoundError:
        return None


def fits(requirement: Requirement) -> bool:
    """Return whether the library is installed in a version within its bounds."""
    found = installed(requirement)
    return found is not None and requirement.specifier.contains(found, prereleases=True)
