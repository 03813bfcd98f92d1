"""Find the file of a network: on this machine, or on the Hugging Face hub, with the card beside it."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from siamese_core.adoption.stated import CARDS, Stated, read_stated
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError, in_words

HUB = "hub:"
SUFFIXES = (".keras", ".h5", ".hdf5", ".onnx")
EXTERNAL = ("_data", ".data")  # ends of the file beside an .onnx file that holds its large weights
SAVED_MODEL = "saved_model.pb"  # the file that makes a folder a SavedModel
NAMES = f"{', '.join(SUFFIXES)}, a SavedModel folder, or hub:OWNER/NAME[/FILE]"


@dataclass(frozen=True)
class OpenedFile:
    """A file that was asked for, found and opened.

    path: a file, or the folder of a SavedModel; source: as it was asked for, with the hub's commit; sha256:
    of the file; stated: by the card beside.
    """

    path: Path
    source: str
    sha256: str
    stated: Stated | None


def open_file(name: str, progress: Progress) -> OpenedFile:
    """Return the file of a network that is named by a path or by `hub:OWNER/NAME[/FILE]`.

    UserError where it is not there, is of another kind, or the hub cannot be reached.
    """
    if name.startswith(HUB):
        path, source = _from_hub(name.removeprefix(HUB), progress)
    else:
        path, source = Path(name), Path(name).name
    if (path / SAVED_MODEL).is_file():
        return OpenedFile(path, source, _digest(path), read_stated(path))
    if not path.is_file():
        raise UserError(f"A network to adopt is a file that exists. Received: {name}. Name one: {NAMES}.")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"A network to adopt is one of: {NAMES}. Received: {path.name}. Name such a file.")
    return OpenedFile(path, source, _digest(path), read_stated(path.parent))


def _digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file, or of the names and contents of a folder's files."""
    if path.is_dir():
        whole = hashlib.sha256()
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            whole.update(f"{file.relative_to(path).as_posix()} {_digest(file)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _from_hub(name: str, progress: Progress) -> tuple[Path, str]:
    """Download a file and the cards beside it into the hub's own cache.

    Return the file and its name with the commit.
    """
    from huggingface_hub import HfApi, hf_hub_download

    parts = name.split("/")
    if len(parts) < 2 or not all(parts):
        raise UserError(f"The hub names a network OWNER/NAME[/FILE]. Received: {name!r}. Name it so.")
    repository, asked = "/".join(parts[:2]), "/".join(parts[2:])
    # read now: huggingface_hub reads them when it is imported, which gradio does early
    endpoint = os.environ.get("HF_ENDPOINT") or None
    where = {"endpoint": endpoint, "cache_dir": os.environ.get("HF_HUB_CACHE") or None}
    progress(0.0, f"asking the hub for {repository}")
    try:
        told = HfApi(endpoint=endpoint).model_info(repository)
        files = [each.rfilename for each in told.siblings or []]
        wanted = _chosen(repository, files, asked)
        folder = wanted.rpartition("/")[0]
        beside = [f"{folder}/{card}" if folder else card for card in CARDS]
        parts_of = [wanted + end for end in EXTERNAL if wanted + end in files]
        progress(0.05, f"downloading {wanted}")
        for each in [*parts_of, *(card for card in beside if card in files)]:
            hf_hub_download(repository, each, revision=told.sha, **where)
        path = hf_hub_download(repository, wanted, revision=told.sha, **where)
    except UserError:
        raise
    except Exception as failure:  # whatever a network may bring
        raise UserError(
            f"The hub must give {name}. Received: {in_words(failure)}. Check the name and the connection, or "
            "name a file on this machine."
        ) from failure
    return Path(path), f"{HUB}{repository}/{wanted} at {told.sha}"


def _chosen(repository: str, files: Sequence[str], asked: str) -> str:
    """Return the file that is asked for, or the only one that can be adopted."""
    fitting = [each for each in files if each.lower().endswith(SUFFIXES)]
    if asked in files:
        return asked
    if not asked and len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(fitting) or f"none that ends in {', '.join(SUFFIXES)}"
    raise UserError(
        f"One file of {repository} is adopted. Received: {asked or 'no name'}. It holds {listed}. Name one: "
        f"{HUB}{repository}/FILE."
    )
