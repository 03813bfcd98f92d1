"""Send a file that is made for whoever asks for it."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response


def download(name: str, media_type: str, write: Callable[[Path], object]) -> Response:
    """Send what `write` puts into a temporary file, and delete that file afterwards."""
    with tempfile.NamedTemporaryFile(suffix=f"-{name}", delete=False) as copy:
        file = Path(copy.name)
    try:
        write(file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    away = BackgroundTask(file.unlink, missing_ok=True)
    return FileResponse(file, filename=name, media_type=media_type, background=away)
