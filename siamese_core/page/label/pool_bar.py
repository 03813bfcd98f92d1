"""The images to label: how far they are embedded, and a place to add some."""

from collections.abc import Mapping, Sequence

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool, PoolProgress
from siamese_core.page.parts.notices import detail
from siamese_core.page.parts.uploads import MAX_FILE_SIZE, uploaded_file

BAR = Markup(
    '<div class="pool {kind}"><div class="tools"><h2>Images to label</h2>'
    '<span class="quiet count">{count}</span>'
    '<span class="adders"><button type="button" data-files>Add images or a zip</button>'
    '<button type="button" data-folder>Add a folder</button></span></div>{progress}{problem}{unread}{body}'
    '<p class="quiet foot" role="status"></p></div>'
)
EMPTY = Markup(
    '<p class="drop quiet">Drop a zip, images or a folder here; or start with <code>--images DIR</code>. '
    "Folders that are classes help, and are not needed. A zip may have {size}.</p>"
)
PROGRESS = Markup(
    '<div class="embedding" role="status"><span class="bar" role="progressbar" aria-valuenow="{percent}">'
    '<span style="width:{percent}%"></span></span><span>{words}</span></div>'
)
PROBLEM = Markup('<p class="trouble" role="alert"><b>Embedding stopped.</b> {problem}</p>')
UNREAD = Markup(
    '<details class="quiet unread"><summary>Which cannot be read</summary><ul>{lines}</ul></details>'
)
WARNING = Markup('<p class="quiet unlike" role="note"><b>{slot}</b>: {words}</p>')
SCRIPT = "workbench.label.pool(element, (d) => trigger('added', d))"


def pool_bar(now: PoolProgress, warnings: Mapping[str, str]) -> Markup:
    """`warnings`: by slot, where its checkpoint does not know such images."""
    return BAR.format(
        kind="bare" if now.files == 0 else "",
        count=counted(now),
        progress="" if is_complete(now) or now.problem else embedding(now),
        problem=(PROBLEM.format(problem=now.problem) if now.problem else Markup(""))
        + Markup().join(WARNING.format(slot=slot, words=words) for slot, words in warnings.items()),
        unread=UNREAD.format(lines=_lines(now)) if now.unread else "",
        body=EMPTY.format(size=MAX_FILE_SIZE.upper().replace("MB", " MB")) if now.files == 0 else "",
    )


def _lines(now: PoolProgress) -> Markup:
    more = now.rejected - len(now.unread)
    lines = [*now.unread, *([f"{more:,} more"] if more else [])]
    return Markup().join(Markup("<li>{}</li>").format(line) for line in lines)


def counted(now: PoolProgress) -> str:
    if not now.files:
        return ""
    words = f"{now.images:,} images" if now.done == now.files else f"{now.files:,} files"
    if is_complete(now):
        words += ", all embedded"
    return words + (f", {now.rejected:,} that cannot be read" if now.rejected else "")


def is_complete(now: PoolProgress) -> bool:
    return not now.working and now.done == now.files and now.embedded == now.images


def embedding(now: PoolProgress) -> Markup:
    share = (now.done + now.embedded) / max(1, now.files + max(now.images, now.files - now.rejected))
    left = "" if now.seconds_left is None else f", about {duration(now.seconds_left)} left"
    left = left if now.working else "; it goes on when the encoders are ready"
    return PROGRESS.format(
        percent=f"{100 * min(1.0, share):.0f}",
        words=f"{now.embedded:,} of {max(now.images, now.files - now.rejected):,} embedded{left}",
    )


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def add_uploads(pool: Pool, event: gr.EventData) -> None:
    """Adds what the script has uploaded, [{"path", "name"}], to the pool. UserError where it is no image."""
    files = checked_files(detail(event, "files"))
    zips = [each for each in files if each[1].lower().endswith(".zip")]
    for file, name in zips:
        pool.files.add_zip(file, name)
    if others := [each for each in files if each not in zips]:
        pool.files.add_files(others)
    pool.start()


def checked_files(sent: object) -> Sequence[tuple]:
    """(file in the upload folder, what the person calls it) each."""
    files = sent if isinstance(sent, list) else []
    if not files:
        raise UserError("Images to label are uploaded first. Received: no files. Choose some.")
    return [
        (uploaded_file(each.get("path")), str(each.get("name") or "image")[:300])
        for each in (file if isinstance(file, dict) else {} for file in files)
    ]
