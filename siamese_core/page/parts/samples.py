"""Find the sample images of the page: the project's drawings, and photos that come with gradio."""

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import gradio as gr

from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.page.languages.words import translatable
from siamese_core.retraining.replay import FILE as REPLAY

DRAWINGS = ASSETS / "samples"
PHOTOS = Path(gr.__file__).resolve().parent / "media_assets" / "images"
ALPHABET = "alphabet1"  # of `REPLAY`: one that is trained on, and judges no checkpoint
MISTAKE = translatable("as shipped: wrongly same")


@dataclass(frozen=True)
class SamplePair:
    """Two sample images, named as `sample_file` takes them, and what they show in a few words.

    mistake: what EfficientNet-Lite2 gets wrong about them until a pool or answers calibrate it, in words;
    empty where it is right.
    """

    caption: str
    left: str
    right: str
    mistake: str = ""


# Photos that come with gradio. `mistake` is what the network says as shipped, without a pool.
PHOTO_PAIRS = (
    SamplePair(translatable("two cheetahs"), "photos:cheetah.jpg", "photos:cheetah1.jpg"),
    SamplePair(translatable("lion and running cheetah"), "photos:lion.jpg", "photos:cheetah.jpg"),
    SamplePair(translatable("lion and cheetah"), "photos:lion.jpg", "photos:cheetah1.jpg", MISTAKE),
)


def sample_pairs() -> list[SamplePair]:
    """Return `assets/samples/pairs/N_caption_left.png` with its `_right.png`, then the installed photos."""
    lefts = sorted((DRAWINGS / "pairs").glob("*_left.png"))
    drawings = [
        SamplePair(
            left.stem.removesuffix("_left").partition("_")[2].replace("_", " "),
            f"pairs:{left.name}",
            f"pairs:{left.name.replace('_left', '_right')}",
        )
        for left in lefts
    ]
    photos = [pair for pair in PHOTO_PAIRS if _path(pair.left).is_file() and _path(pair.right).is_file()]
    return drawings + photos


def sample_queries() -> list[str]:
    return [f"queries:{file.name}" for file in sorted((DRAWINGS / "one_shot").glob("query_*.png"))]


def sample_support() -> list[Path]:
    """Return one file for each class, named after it."""
    return sorted((DRAWINGS / "one_shot" / "support").glob("*.png"))


def add_sample_pool(pool: Pool) -> None:
    """Add a hundred drawings in class folders to the pool, to try the page on, and import them."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / REPLAY.name
        with zipfile.ZipFile(REPLAY) as whole, zipfile.ZipFile(part, "w") as kept:
            for entry in whole.namelist():
                if ALPHABET in PurePosixPath(entry).parts:
                    kept.writestr(entry, whole.read(entry))
        pool.files.add_zip(part, REPLAY.name)
    pool.start()


def sample_file(name: str) -> Path:
    """Return the file of a sample. UserError for every name that is not listed."""
    known = {name for pair in sample_pairs() for name in (pair.left, pair.right)} | set(sample_queries())
    if name not in known:
        raise UserError(
            f"A sample must be one that the page shows. Received: {ascii(name)[:80]}. Reload the page."
        )
    return _path(name)


def _path(name: str) -> Path:
    kind, _, file = name.partition(":")
    folders = {"pairs": DRAWINGS / "pairs", "queries": DRAWINGS / "one_shot", "photos": PHOTOS}
    return folders[kind] / file
