"""Run a checkpoint's encoder as one graph: of TensorFlow, or of ONNX Runtime where that is faster here.

ONNX Runtime is an extra. A network is exported once for each encoder and machine, into a folder of the user's
cache; it is used only where it embeds the canary's drawings as TensorFlow does and takes less time.
"""

import json
import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.checkpoints import canary
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.errors import UserError
from siamese_core.networks.compiled import Forward, compiled
from siamese_core.networks.kept_network import FrozenNetwork, onnx_session

VARIABLE = "SIAMESE_ENGINES"  # names the folder of exported networks; "none" switches ONNX Runtime off
SWITCHED_OFF = "none"
NEEDED = ("onnx", "onnxruntime")  # packages of the extra `onnx`
EQUAL = 1e-4  # of the numbers of an embedding, in units of the largest
CLEARLY = 0.95  # of TensorFlow's time, at most, that an engine is used at
BATCHES = (2, 16)  # images that are timed: a comparison, and a part of many
ROUNDS = 5  # of timing; the shortest counts, which others on the machine disturb least


def engine_folder() -> Path | None:
    """Return where exported networks are kept; None where there is no ONNX Runtime or it is switched off."""
    named = os.environ.get(VARIABLE)
    if named == SWITCHED_OFF or not all(find_spec(package) for package in NEEDED):
        return None
    return Path(named) if named else _user_cache() / "siamese-workbench" / "engines"


def _user_cache() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def with_engine(checkpoint: Checkpoint) -> Checkpoint:
    """Let the checkpoint's encoder run by what is fastest here, as far as that is known; return it."""
    checkpoint.forward = stored_engine(checkpoint) or checkpoint.forward or compiled(checkpoint.encoder)
    return checkpoint


def stored_engine(checkpoint: Checkpoint) -> Forward | None:
    """Return the checkpoint's encoder run by ONNX Runtime, if that was found to be equal and faster here."""
    folder = engine_folder()
    if folder is None or not checkpoint.embeddings_id:
        return None
    try:
        found = json.loads(_report(folder, checkpoint).read_bytes())
        if not found["used"] or found["made_by"] != _made_by():
            return None
        forward = onnx_forward(_network(folder, checkpoint))
        expected = np.asarray(found["canary"], np.float32)
        return forward if _difference(forward(_drawings(checkpoint)), expected) <= EQUAL else None
    except Exception:  # whatever is wrong with a file of a cache: TensorFlow runs the network
        return None


def is_judged(checkpoint: Checkpoint) -> bool:
    """Whether `judge_engine` has nothing to do."""
    folder = engine_folder()
    if folder is None or not checkpoint.embeddings_id or isinstance(checkpoint.encoder, FrozenNetwork):
        return True
    try:
        return json.loads(_report(folder, checkpoint).read_bytes())["made_by"] == _made_by()
    except (OSError, ValueError, KeyError):
        return False


def judge_engine_aside(folder: Path) -> None:
    """Do `judge_engine` for the checkpoint in a folder, in a process of its own.

    So the memory that exporting takes is given back.
    """
    process = get_context("spawn").Process(target=judge_engine_of, args=(folder,), daemon=True)
    process.start()
    process.join()


def judge_engine_of(folder: Path) -> None:
    """Load the checkpoint in a folder and judge its engine."""
    judge_engine(load_checkpoint(folder))


def judge_engine(checkpoint: Checkpoint) -> dict:
    """Find out whether ONNX Runtime embeds as TensorFlow does and in less time.

    The encoder is exported and the report is kept: used, difference, seconds of both for each of `BATCHES`.
    """
    from siamese_core.networks.onnx_export import onnx_model

    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    drawings = _drawings(checkpoint)
    ours = compiled(checkpoint.encoder)
    expected = ours(drawings)
    report = {"used": False, "made_by": _made_by(), "canary": expected.tolist()}
    try:
        replace_file(_network(folder, checkpoint), onnx_model(checkpoint.encoder).SerializeToString())
        theirs = onnx_forward(_network(folder, checkpoint))
        report["difference"] = _difference(theirs(drawings), expected)
        report["seconds"] = _timed((ours, theirs), checkpoint.encoder.input_shape[1:])
        shares = [their / our for our, their in report["seconds"]]
        report["used"] = report["difference"] <= EQUAL and float(np.mean(shares)) <= CLEARLY
    except UserError as untranslated:
        report["problem"] = str(untranslated)
    if not report["used"]:
        _network(folder, checkpoint).unlink(missing_ok=True)
    replace_file(_report(folder, checkpoint), json.dumps(report).encode())
    return report


def onnx_forward(file: Path) -> Forward:
    """Return the network of an ONNX file as ONNX Runtime runs it."""
    session = onnx_session(file)
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: np.asarray(batch, np.float32)})[0]


def _timed(engines: tuple[Forward, Forward], shape: tuple[int, ...]) -> list[list[float]]:
    """Return the shortest seconds of each engine for each of `BATCHES`, taken in turns."""
    images = np.random.default_rng(0).integers(0, 256, (max(BATCHES), *shape)).astype(np.float32)
    found = []
    for size in BATCHES:
        seconds: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for place, engine in enumerate(engines):
                start = time.perf_counter()
                engine(images[:size])
                seconds[place].append(time.perf_counter() - start)
        found.append([min(each) for each in seconds])
    return found


def _drawings(checkpoint: Checkpoint) -> np.ndarray:
    return checkpoint.batch(canary.drawings())


def _difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference of two sets of embeddings in units of the largest number."""
    largest = max(float(np.abs(expected).max()), 1e-12)
    return float(np.abs(found - expected).max()) / largest if found.shape == expected.shape else np.inf


def _made_by() -> dict:
    """Return what a report holds for: the versions of the libraries and the number of processors."""
    versions = {}
    for package in (*NEEDED, "tensorflow", "keras"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return versions | {"processors": os.cpu_count()}


def _network(folder: Path, checkpoint: Checkpoint) -> Path:
    return folder / f"{checkpoint.embeddings_id}.onnx"


def _report(folder: Path, checkpoint: Checkpoint) -> Path:
    return folder / f"{checkpoint.embeddings_id}.json"
