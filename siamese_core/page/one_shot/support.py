"""The support set of the One-shot tab: images with class names, added by files or folders, and editable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import gradio as gr
from markupsafe import Markup

from siamese_core.data.names import clean_name, notes_on
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.images.store import ImageStore
from siamese_core.page.parts.memory import remember
from siamese_core.page.parts.notices import detail
from siamese_core.page.parts.samples import sample_support
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import received

MAX_IMAGES = 1000  # of a set
MAX_CLASS_NAME = 80  # characters
TOLD_PROBLEMS = 5  # files, in a message


@dataclass(frozen=True)
class SupportImage:
    class_name: str
    image_id: str


Support = tuple[SupportImage, ...]


def class_of_file(name: str) -> str:
    """Return the class that a file's name tells, as it came: "cats" for `cats/1.png`, "b" for `b.png`."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.parent.name or path.stem


def checked_class(name: object) -> str:
    """Return a class name as it is kept: one line of 1 to `MAX_CLASS_NAME` printable characters."""
    cleaned = clean_name(name) if isinstance(name, str) else ""
    return cleaned[:MAX_CLASS_NAME].strip() or "unnamed"


@dataclass(frozen=True)
class Added:
    """A support set while files are added.

    problems: why files could not be read; done: files so far; notes: classes whose names are or look alike.
    """

    support: Support
    problems: tuple[str, ...] = ()
    done: int = 0
    notes: tuple[str, ...] = ()


def add_files(store: ImageStore, support: Support, files: list) -> Iterator[Added]:
    """Read uploaded files, [{"path", "name"}] as the script sent them; yield the set after each.

    UserError where there are too many.
    """
    if len(files) + len(support) > MAX_IMAGES:
        raise UserError(
            f"A support set may have {MAX_IMAGES} images. Received: {len(files) + len(support)}. "
            "Add fewer images of each class."
        )
    added, classes = Added(support), {image.class_name for image in support}
    for file in files:
        try:
            upload = received(file)
            classes.add(class_of_file(upload.name))
            image = SupportImage(checked_class(class_of_file(upload.name)), store.add(upload.image()))
            added = replace(added, support=(*added.support, image), done=added.done + 1)
        except UserError as problem:
            added = replace(added, problems=(*added.problems, str(problem)), done=added.done + 1)
        yield replace(added, notes=notes_on(classes)) if added.done == len(files) else added


def sample_set(store: ImageStore) -> Support:
    return tuple(SupportImage(file.stem, store.add(decode_image(file))) for file in sample_support())


def renamed(support: Support, event: gr.EventData) -> Support:
    index = checked_index(support, detail(event, "index"))
    named = SupportImage(checked_class(detail(event, "name")), support[index].image_id)
    return (*support[:index], named, *support[index + 1 :])


def removed(support: Support, event: gr.EventData) -> Support:
    index = checked_index(support, detail(event, "index"))
    return (*support[:index], *support[index + 1 :])


def checked_index(support: Support, index: object) -> int:
    if not isinstance(index, int) or not 0 <= index < len(support):
        raise UserError(
            f"An image of the support set is named by its place. Received: {ascii(index)[:40]} of "
            f"{len(support)}. Reload the page."
        )
    return index


def recalled_support(store: ImageStore, kept: object) -> Support:
    """Return the set that was on screen before a reload, without images that are gone."""
    kept = kept if isinstance(kept, list) else []
    pairs = [each for each in kept[:MAX_IMAGES] if isinstance(each, list) and len(each) == 2]
    return tuple(SupportImage(checked_class(name), image) for name, image in pairs if image in store)


def class_count(support: Support) -> int:
    return len({image.class_name for image in support})


def support_set(support: Support, problems: Sequence[str] = (), notes: Sequence[str] = ()) -> Markup:
    """Return the set as markup, with what the browser remembers of it."""
    kept = [[image.class_name, image.image_id] for image in support]
    return drawn_set(support, problems, notes) + remember("support", {"support": kept})


def drawn_set(support: Support, problems: Sequence[str] = (), notes: Sequence[str] = ()) -> Markup:
    return render(
        "one_shot/support.html.jinja",
        support=support,
        classes=class_count(support),
        problems=problems,
        notes=notes or notes_on(image.class_name for image in support),
        most_problems=TOLD_PROBLEMS,
    )
