"""Draw the images to label: how many, how far they are embedded, a place to add some; and take uploads."""

from collections.abc import Mapping

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool, PoolProgress
from siamese_core.page.languages.words import t
from siamese_core.page.parts.advice import Advice
from siamese_core.page.parts.formatting import counted as counted_nouns
from siamese_core.page.parts.notices import detail
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import MAX_FILE_SIZE, Upload, received

MOST_NAMED = 20  # files that were left out
SCRIPT = "workbench.label.pool(element, (d) => trigger('added', d))"


def pool_bar(now: PoolProgress, warnings: Mapping[str, str], advice: Advice | None = None) -> Markup:
    """Return the bar. warnings: by slot, where its checkpoint abstains or its threshold tells little; advice:
    what to do where all abstain."""
    return render(
        "label/pool_bar.html.jinja",
        now=now,
        count=counted(now),
        pending=not is_complete(now) and not now.problem,
        share=share_done(now),
        words=embedding_words(now),
        warnings=warnings,
        advice=advice,
        most_named=MOST_NAMED,
        max_size=MAX_FILE_SIZE.upper().replace("MB", " MB"),
    )


def counted(now: PoolProgress) -> str:
    if not now.files:
        return ""
    words = counted_nouns(now.images, "image") if now.done == now.files else counted_nouns(now.files, "file")
    if is_complete(now):
        words = t("{images}, all embedded", images=words)
    unread = t(", {count} that cannot be read", count=f"{now.rejected:,}") if now.rejected else ""
    repeated = t(", {count} identical to others", count=f"{now.repeated:,}") if now.repeated else ""
    aside = t(", {count} set aside", count=f"{now.set_aside:,}") if now.set_aside else ""
    return words + unread + repeated + aside


def is_complete(now: PoolProgress) -> bool:
    return not now.working and now.done == now.files and now.embedded == now.images


def expected_images(now: PoolProgress) -> int:
    """Return how many images there will be once all files are read."""
    return max(now.images, now.files - now.rejected)


def share_done(now: PoolProgress) -> float:
    """Return how much of reading and embedding is done, 0..1."""
    return min(1.0, (now.done + now.embedded) / max(1, now.files + expected_images(now)))


def embedding_words(now: PoolProgress) -> str:
    counts = {"done": f"{now.embedded:,}", "all": f"{expected_images(now):,}"}
    if not now.working:
        return t("{done} of {all} embedded; it goes on when the encoders are ready", **counts)
    if now.seconds_left is None:
        return t("{done} of {all} embedded", **counts)
    return t("{done} of {all} embedded, about {time} left", time=duration(now.seconds_left), **counts)


def duration(seconds: float) -> str:
    if seconds < 90:
        return t("{count} s", count=max(1, round(seconds)))
    if seconds < 5400:
        return t("{count} min", count=round(seconds / 60))
    return t("{count} h", count=f"{seconds / 3600:.1f}")


def add_uploads(pool: Pool, event: gr.EventData) -> int:
    """Add to the pool what the script has uploaded, [{"path", "name"}], and return how many files.

    UserError where one is no image.
    """
    files = checked_files(detail(event, "files"))
    zips = [each for each in files if each.name.lower().endswith(".zip")]
    for each in zips:
        pool.files.add_zip(each.file, each.name)
    if others := [(each.file, each.name or "image") for each in files if each not in zips]:
        pool.files.add_files(others)
    pool.start()
    return len(files)


def checked_files(sent: object) -> list[Upload]:
    """Return the uploads of a list that the script sent; UserError where there are none."""
    if not isinstance(sent, list) or not sent:
        raise UserError("Images to label must be uploaded first. Received: no files. Choose some.")
    return [received(each) for each in sent]
