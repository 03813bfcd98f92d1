"""Record which images were imported from folders and uploads, so that a restart imports nothing again."""

import contextlib
import hashlib
import json
import os
import time
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from siamese_core.atomic import append_to_file, locked, share_file
from siamese_core.data.files import ImageFile, Listing
from siamese_core.data.left_out import UNREADABLE, LeftOut, PassedOver
from siamese_core.data.names import clean_name, zip_entries
from siamese_core.errors import UserError, refuse_newer
from siamese_core.labelling.pool_sources import MAX_IMAGES, pool_folder, pool_zip
from siamese_core.labelling.set_aside import SetAside

SCHEMA = 1  # of a line that names none


@dataclass(frozen=True)
class PoolImage:
    """An image to label.

    name: path in the folder or zip; class_name: "" where unknown; ink: whether it is handwriting, None where
    it was not examined.
    """

    image_id: str
    name: str
    class_name: str
    ink: bool | None = None


@dataclass(frozen=True)
class Imported:
    """The result of importing an image file: `image_id`, or in words the `problem` with it."""

    name: str
    stamp: str
    image_id: str | None
    problem: str | None = None
    ink: bool | None = None


class Record:
    """A file of JSON lines, one an imported image file, only ever appended to. Torn lines are skipped."""

    def __init__(self, file: Path):
        self.file = Path(file)

    def read(self) -> dict[str, Imported]:
        """Return the latest line of each file, by name. UserError where a later version wrote one."""
        text = self.file.read_text("utf-8", errors="replace") if self.file.exists() else ""
        found = (_parsed(line) for line in text.splitlines())
        return {each.name: each for each in found if each}

    def append(self, imported: Iterable[Imported]) -> None:
        """Append lines; they are on disk when this returns."""
        lines = "".join(json.dumps(asdict(each)) + "\n" for each in imported)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # After a power cut the last line may be torn: what follows it must not be.
        append_to_file(self.file, ("\n" if self.file.exists() else "").encode() + lines.encode())


def _parsed(line: str) -> Imported | None:
    try:
        entries = json.loads(line)
        refuse_newer(entries.get("schema"), SCHEMA, "the record of the images to label")
        return Imported(**entries)
    except (ValueError, TypeError, AttributeError):
        return None


@dataclass
class Source:
    """A folder of images, or an upload, whose zip `archive` is deleted once all of it is imported."""

    record: Record
    listed: Listing
    archive: Path | None = None
    imported: dict[str, Imported] = field(init=False)

    def __post_init__(self):
        self.read_again()

    def read_again(self) -> None:
        """Take in what other processes have imported."""
        self.imported = self.record.read()

    @property
    def names(self) -> set[str]:
        """The files that count: of a folder, those that are in it now."""
        listed = {each.name for each in self.listed.images}
        return listed if self.archive is None else listed | self.imported.keys()

    def todo(self) -> list[ImageFile]:
        """Return the files that are new or have changed."""
        stamps = {name: each.stamp for name, each in self.imported.items()}
        return [each for each in self.listed.images if stamps.get(each.name) != each.stamp]

    def done(self) -> list[Imported]:
        """Return what was imported, ordered by name."""
        return [self.imported[name] for name in sorted(self.names & self.imported.keys())]

    def left_out(self) -> LeftOut:
        """Return what is no image, and what turned out to be no readable one."""
        done = self.done()
        unreadable = (
            PassedOver(each.name, UNREADABLE, each.problem or "") for each in done if not each.image_id
        )
        return self.listed.left_out + LeftOut(tuple(unreadable))

    def images(self) -> list[PoolImage]:
        """Return the images. The folder of a file is its class, where there are at least two such folders."""
        done = [each for each in self.done() if each.image_id]
        folders = {each.name: each.name.rpartition("/")[0] for each in done}
        telling = len(set(folders.values()) - {""}) > 1
        return [
            PoolImage(each.image_id, each.name, folders[each.name] if telling else "", each.ink)
            for each in done
        ]


class PoolFiles:
    """The sources of a workspace's pool, whose records lie in `folder`.

    Uploads of earlier runs are opened at once, folders when they are added again.
    """

    def __init__(self, folder: Path, uploads: bool = True):
        self.folder = Path(folder)
        self.set_aside = SetAside(self.folder / "set_aside.jsonl")
        self._sources: dict[str, Source] = {}
        self._changes = 0
        self._known = (-1, [])  # after so many changes, these images
        for file in sorted(self.folder.glob("upload-*.*")) if uploads else ():
            if file.suffix in (".zip", ".jsonl"):
                self._open_upload(file.with_suffix(".zip"))

    def add_folder(self, folder: Path) -> None:
        """Add the images below a folder. UserError if it holds none or too many."""
        folder = Path(folder).resolve()
        name = f"folder-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
        listed = pool_folder(folder)
        self._check_room(len(listed.images), instead_of=name)
        self._put(name, Source(Record(self.folder / f"{name}.jsonl"), listed))

    def add_zip(self, archive: Path, name: str) -> None:
        """Add the images of a zip, of which a copy is kept until they are imported. `name` is for
        messages."""
        self._check_room(len(pool_zip(archive, clean_name(name)).images))
        kept = self._new_upload()
        share_file(archive, kept.with_suffix(".part"))
        self._keep(kept)

    def add_files(self, files: Sequence[tuple[Path, str]]) -> None:
        """Add uploaded files, each (its path now, its name with the folders above it). UserError if none is
        an image file."""
        self._check_room(len(files))
        kept = self._new_upload()
        partial = kept.with_suffix(".part")
        with zipfile.ZipFile(partial, "w") as archive:
            for (file, _), entry in zip(files, zip_entries(name for _, name in files), strict=True):
                archive.write(file, entry)
        try:
            pool_zip(partial, "the files")
        except UserError:
            partial.unlink()
            raise
        self._keep(kept)

    def sources(self) -> list[Source]:
        return list(self._sources.values())

    @contextlib.contextmanager
    def claimed(self, source: Source, seconds: float) -> Iterator[bool]:
        """Hold the right to import a source, which one process has at a time.

        Gives False where another process holds it for longer than that.

        What other processes have imported of the source is taken in, either way.
        """
        source.record.file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked(source.record.file.with_suffix(".lock"), seconds))
                is_ours = True
            except TimeoutError:
                is_ours = False
            source.read_again()
            self._changes += 1
            yield is_ours

    def imported(self, source: Source, imported: list[Imported]) -> None:
        """Record the result of importing files of a source; on disk when this returns."""
        source.record.append(imported)
        source.imported = source.imported | {each.name: each for each in imported}
        self._changes += 1

    def images(self) -> list[PoolImage]:
        """Return the distinct images imported so far. An image in two class folders has no class."""
        changes, (then, images) = self._changes, self._known
        if then != changes:
            images = _each_once(image for source in self.sources() for image in source.images())
            self._known = (changes, images)
        return images

    def _put(self, name: str, source: Source) -> None:
        self._sources[name] = source
        self._changes += 1

    def _check_room(self, count: int, instead_of: str = "") -> None:
        there = sum(len(source.names) for name, source in self._sources.items() if name != instead_of)
        if there + count > MAX_IMAGES:
            raise UserError(
                f"There are at most {MAX_IMAGES} images to label. Received: {count} beside {there}. "
                "Take another workspace for them."
            )

    def _new_upload(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"upload-{time.time_ns()}-{uuid.uuid4().hex[:6]}.zip"

    def _keep(self, archive: Path) -> None:
        archive.with_suffix(".part").replace(archive)
        self._open_upload(archive)

    def _open_upload(self, archive: Path) -> None:
        listed = Listing((), LeftOut())
        with contextlib.suppress(UserError):  # the zip is gone once it is imported, or spoilt by a power cut
            listed = pool_zip(archive, archive.name)
        self._put(archive.stem, Source(Record(archive.with_suffix(".jsonl")), listed, archive))


def _each_once(images: Iterable[PoolImage]) -> list[PoolImage]:
    found: dict[str, PoolImage] = {}
    for image in images:
        former = found.setdefault(image.image_id, image)
        if former.class_name != image.class_name:
            found[image.image_id] = replace(former, class_name="")
    return list(found.values())
