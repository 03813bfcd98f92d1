"""Tells whether a JPEG that ends without its end marker holds all of its pixels.

Cameras and programs that were stopped leave such files; browsers show them, Pillow refuses them.
"""

import hashlib
import io

from PIL import Image

END = b"\xff\xd9"
SEQUENTIAL = {b"\xff\xc0", b"\xff\xc1"}  # start of frame; the scans of a progressive one refine each other
# What follows a whole scan is ignored; what follows one that was cut becomes pixels.
_PADDINGS = [bytes((37 * place + 91 * number + 11) % 255 for place in range(64)) for number in range(3)]


def with_end(content: bytes) -> bytes | None:
    """Return a sequential JPEG that lacks only its end marker, with the marker; None for any other file."""
    scans = content.rstrip(b"\xff")
    if not content.startswith(b"\xff\xd8") or content.endswith(END) or not _is_sequential(content):
        return None
    try:
        pixels = {_digest(scans + padding + END) for padding in _PADDINGS}
    except Exception:  # Pillow raises many kinds on damaged files
        return None
    return scans + END if len(pixels) == 1 else None


def _is_sequential(content: bytes) -> bool:
    place = 2
    while content[place : place + 1] == b"\xff" and place + 4 <= len(content):
        marker = content[place : place + 2]
        if b"\xff\xc0" <= marker <= b"\xff\xcf" and marker not in (b"\xff\xc4", b"\xff\xc8", b"\xff\xcc"):
            return marker in SEQUENTIAL
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return False


def _digest(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        return hashlib.sha256(image.tobytes()).digest()
