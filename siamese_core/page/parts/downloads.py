"""Send a file that is made for whoever asks for it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from starlette.responses import Response, StreamingResponse

CHUNK_BYTES = 1 << 18  # of the file that are in memory at a time


def download(name: str, media_type: str, write: Callable[[Path], object]) -> Response:
    """Send what `write` puts into a temporary file.

    Its name is gone before the first byte is sent, so that neither a caller who hangs up nor a killed process
    leaves it.
    """
    with tempfile.NamedTemporaryFile(suffix=f"-{name}", delete=False) as copy:
        file = Path(copy.name)
    try:
        write(file)
        content = file.open("rb")
    finally:
        with suppress(PermissionError):  # Windows keeps the name while the file is open
            file.unlink(missing_ok=True)
    headers = {
        "content-length": str(content.seek(0, 2)),
        "content-disposition": f'attachment; filename="{name}"',
    }
    return StreamingResponse(_chunks(content, file), media_type=media_type, headers=headers)


def _chunks(content: BinaryIO, file: Path) -> Iterator[bytes]:
    with content:
        content.seek(0)
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
    file.unlink(missing_ok=True)
