"""List the licence of every library that the program needs, and of those that they need."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from siamese_core.operating.requirements import requirements

UNTOLD = "not told"
CLASSIFIER = "License :: OSI Approved :: "
MAX_LENGTH = 60  # characters; some give the text of the licence where its name belongs


@dataclass(frozen=True)
class Licence:
    """licence: an SPDX expression where the library tells one; needed_by: another library, or ""."""

    library: str
    version: str
    licence: str
    needed_by: str

    def json(self) -> dict:
        return vars(self)


def licences() -> list[Licence]:
    """Return the installed libraries, required or extra, and all that they require, by name."""
    wanted = requirements()
    asked = [*wanted.libraries, *(each for extra in wanted.extras.values() for each in extra)]
    found: dict[str, Licence] = {}
    waiting = [(each, "") for each in asked]
    while waiting:
        requirement, needed_by = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        try:
            library = distribution(requirement.name)
        except PackageNotFoundError:  # an extra, or of another system
            continue
        if name not in found:
            found[name] = Licence(library.metadata["Name"], library.version, licence_of(library), needed_by)
            waiting += [(each, found[name].library) for each in _required(library, requirement.extras)]
    return [found[name] for name in sorted(found)]


def _required(library: Distribution, extras: set[str]) -> list[Requirement]:
    every = map(Requirement, library.requires or [])
    return [
        each
        for each in every
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def licence_of(library: Distribution) -> str:
    """Return the licence as the library tells it: expression, classifiers, or the first line of its text."""
    told = library.metadata
    classifiers = [
        each.removeprefix(CLASSIFIER) for each in told.get_all("Classifier") or [] if CLASSIFIER in each
    ]
    text = (told["License"] or "").strip().partition("\n")[0]
    named = told["License-Expression"] or ", ".join(classifiers) or text or UNTOLD
    return named if len(named) <= MAX_LENGTH else f"{named[: MAX_LENGTH - 1]}…"
