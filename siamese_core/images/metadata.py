"""Take out of an image file what says nothing about its pixels, before a decoder stumbles over it.

Text, colour profiles, times, thumbnails and XMP may be long, damaged or hostile: they never decide whether
the pixels are read. What stays is what a decoder needs; of EXIF, which side is up.
"""

import struct
import zlib

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8"
_APP0, _APP1, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
_START_OF_SCAN, _END = 0xDA, 0xD9
_EXIF = b"Exif\0\0"
_ORIENTATION, _SHORT = 0x0112, 3  # an EXIF tag and its type
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length behind them
# where the frame, the tables or the scan begin: from here a damaged segment is behind us
_RESUME = tuple(bytes((0xFF, marker)) for marker in (0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD))


def pixels_only(content: bytes) -> bytes:
    """Return a PNG or JPEG file without its metadata but EXIF's orientation; other content as it is."""
    if content.startswith(PNG_START):
        return _bare_png(content)
    if content.startswith(JPEG_START):
        return _bare_jpeg(content)
    return content


def _bare_png(content: bytes) -> bytes:
    kept, at = [PNG_START], len(PNG_START)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        end = at + 12 + length
        if end > len(content):  # cut short: the decoder says so
            kept.append(content[at:])
            break
        chunk = content[at:end]
        if not kind[0] & 0x20 or (kind == b"tRNS" and _is_whole(chunk)):  # critical, or transparency
            kept.append(chunk)
        elif kind == b"eXIf" and (exif := _orientation_only(chunk[8:-4])):
            body = kind + exif
            kept.append(struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body)))
        at = end
        if kind == b"IEND":
            break
    return b"".join(kept)


def _is_whole(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _bare_jpeg(content: bytes) -> bytes:
    kept, at, exif = [], len(JPEG_START), b""
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (_START_OF_SCAN, _END):
            break
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if _APP0 <= marker <= _APP15 or marker == _COMMENT:
            segment = content[at:end]
            if marker in (_APP0, _APP14):
                kept.append(segment)
            elif marker == _APP1 and segment[4:10] == _EXIF:
                exif = exif or _orientation_only(segment[10:])
            at = _behind(content, at, end)
        else:
            kept.append(content[at:end])
            at = end
    if exif:
        kept.insert(0, struct.pack(">BBH", 0xFF, _APP1, 2 + len(_EXIF) + len(exif)) + _EXIF + exif)
    return b"".join([JPEG_START, *kept, content[at:]])


def _behind(content: bytes, start: int, end: int) -> int:
    """Where the segment after one of metadata starts, though its length be wrong."""
    if end > start + 3 and content[end : end + 1] == b"\xff":
        return end
    found = [place for mark in _RESUME if (place := content.find(mark, start + 2)) >= 0]
    return min(found, default=len(content))


def _orientation_only(exif: bytes) -> bytes:
    """Return EXIF that holds nothing but the orientation of `exif`; b"" where that has none or is damaged."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    try:
        start = struct.unpack_from(order + "I", exif, 4)[0]
        for entry in range(struct.unpack_from(order + "H", exif, start)[0]):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * entry)
            if (tag, kind) == (_ORIENTATION, _SHORT) and 2 <= value <= 8:
                return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0)
    except (struct.error, TypeError):
        pass
    return b""
