"""Image files made to hurt who reads them: they lie, unfold, pretend, are cut or damaged, from one seed."""

import gzip
import io
import struct
import zlib

import numpy as np
from PIL import Image

from fuzz.mutations import mutated
from helpers.samples import bad_files, corner_mark, image_file, odd_files
from helpers.tiff import grey_tiff

SEED = 21
RANDOM = 65  # files damaged at random
SCRIPT = b"<script>window.hacked=1;alert(1)</script>"
PNG_START = b"\x89PNG\r\n\x1a\n"


def hostile_images() -> dict[str, bytes]:
    """Return the files by name."""
    made = [pngs(), lying(), tiffs(), floats(), metadata(), pretending(), animated(), shapes(), cut()]
    found = {name: content for files in made for name, content in files.items()}
    rng, valid = np.random.default_rng(SEED), list(odd_files().values())
    found |= {f"random-{n}.png": mutated(valid[n % len(valid)], rng) for n in range(RANDOM)}
    return found


def chunk(kind: bytes, body: bytes, checksum: int | None = None, length: int | None = None) -> bytes:
    """A chunk of a PNG, which may lie about its length and its checksum."""
    stated = len(body) if length is None else length
    code = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", stated) + kind + body + struct.pack(">I", code)


def header(width: int = 9, height: int = 9, bits: int = 8, colour: int = 0, more: bytes = b"\0\0\0") -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, bits, colour) + more)


DATA = chunk(b"IDAT", zlib.compress((b"\0" + b"\x55\xaa" * 4 + b"\x33") * 9))
END = chunk(b"IEND", b"")


def pngs() -> dict[str, bytes]:
    """Chunks that are wrong, missing, twice, or unfold to far more than they are."""
    bomb = zlib.compress(bytes(80_000_000), 9)
    parts = {
        "wrong-sum": header() + chunk(b"IDAT", zlib.compress(bytes(90)), 1) + END,
        "wrong-sum-of-header": chunk(b"IHDR", header()[8:21], 7) + DATA + END,
        "endless-chunk": header() + chunk(b"IDAT", b"x", length=0xFFFFFFFF) + END,
        "negative-chunk": header() + chunk(b"tEXt", b"x", length=0x80000000) + DATA + END,
        "no-header": DATA + END,
        "two-headers": header() + header(4000, 4000) + DATA + END,
        "no-data": header() + END,
        "no-end": header() + DATA,
        "text-first": chunk(b"tEXt", b"Title\0" + SCRIPT) + header() + DATA + END,
        "text-bomb": header() + chunk(b"zTXt", b"Comment\0\0" + bomb) + DATA + END,
        "international-bomb": header() + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb) + DATA + END,
        "profile-bomb": header() + chunk(b"iCCP", b"icc\0\0" + bomb) + DATA + END,
        "data-bomb": header() + chunk(b"IDAT", bomb) + END,
        "bits-3": header(bits=3) + DATA + END,
        "bits-255": header(bits=255) + DATA + END,
        "colour-5": header(colour=5) + DATA + END,
        "palette-without": header(colour=3) + DATA + END,
        "palette-of-300": header(colour=3) + chunk(b"PLTE", bytes(900)) + DATA + END,
        "compression-9": header(more=b"\x09\0\0") + DATA + END,
        "interlace-9": header(more=b"\0\0\x09") + DATA + END,
        "filter-9": header() + chunk(b"IDAT", zlib.compress((b"\x09" + bytes(9)) * 9)) + END,
        "no-deflate": header() + chunk(b"IDAT", b"not deflated at all") + END,
        "thousand-chunks": header() + chunk(b"tEXt", b"k\0v") * 1000 + DATA + END,
        "long-transparency": header() + chunk(b"tRNS", bytes(999)) + DATA + END,
        "frames-that-lie": header() + chunk(b"acTL", struct.pack(">II", 2**31, 0)) + DATA + END,
        "resolution": header() + chunk(b"pHYs", struct.pack(">IIB", 2**31, 0, 1)) + DATA + END,
        "gamma-0": header() + chunk(b"gAMA", bytes(4)) + DATA + END,
        "exif-cut": header() + chunk(b"eXIf", b"II*\0\xff\xff\xff\xff") + DATA + END,
    }
    return {f"png-{name}.png": PNG_START + content for name, content in parts.items()}


def lying() -> dict[str, bytes]:
    """Headers that claim sizes of which their data knows nothing."""
    sizes = ((0, 1), (1, 0), (65535, 65535), (30_000, 1_300), (2**31 - 1, 1), (1, 2**31 - 1), (6_000, 6_000))
    made = {f"png-says-{w}x{h}.png": PNG_START + header(w, h) + DATA + END for w, h in sizes}
    mark = corner_mark()
    bmp, gif, jpeg = (image_file(mark, kind) for kind in ("BMP", "GIF", "JPEG"))
    for w, h in ((0, 9), (-9, 9), (9, -(2**31)), (2**31 - 1, 2**31 - 1), (50_000, 700)):
        made[f"bmp-says-{w}x{h}.bmp"] = bmp[:18] + struct.pack("<ii", w, h) + bmp[26:]
    for bits in (0, 3, 64):
        made[f"bmp-of-{bits}-bits.bmp"] = bmp[:28] + struct.pack("<H", bits) + bmp[30:]
    made["bmp-far-data.bmp"] = bmp[:10] + struct.pack("<I", 0xFFFFFFFF) + bmp[14:]
    for w, h in ((0, 0), (65535, 65535), (1, 65535)):
        made[f"gif-says-{w}x{h}.gif"] = gif[:6] + struct.pack("<HH", w, h) + gif[10:]
    place = jpeg.index(b"\xff\xc0") + 5
    for w, h in ((0, 9), (9, 0), (65535, 65535), (65500, 600)):
        made[f"jpeg-says-{w}x{h}.jpg"] = jpeg[:place] + struct.pack(">HH", h, w) + jpeg[place + 4 :]
    for text in (
        b"P6 99999999 99999999 255\n",
        b"P6 9 9 0\n",
        b"P6 9 9 70000\n",
        b"P5 -9 9 255\n",
        b"P5 9 9 255\n" + b"#" * 9_999,
        b"P2 2 2 9 1 2 x y\n",
        b"P7\nWIDTH 9\nHEIGHT 9\nDEPTH 999\nMAXVAL 255\nENDHDR\n",
        b"Pf 9 9 nan\n",
        b"P1 9999999999999999999999 1\n",
    ):
        made[f"ppm-{len(made)}.ppm"] = text + bytes(81)
    webp = image_file(mark, "WEBP", lossless=True)
    made["webp-says-more.webp"] = webp[:4] + struct.pack("<I", 0xFFFFFFF0) + webp[8:]
    made["webp-says-less.webp"] = webp[:4] + struct.pack("<I", 4) + webp[8:]
    made["webp-huge.webp"] = webp[:21] + b"\xff\xff\xff\x0f" + webp[25:]
    avif = image_file(mark, "AVIF")
    size = avif.index(b"ispe") + 8
    made["avif-huge.avif"] = avif[:size] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + avif[size + 8 :]
    made["avif-box-0.avif"] = struct.pack(">I", 0) + avif[4:]
    made["avif-box-huge.avif"] = struct.pack(">I", 0xFFFFFFFF) + avif[4:]
    return made


def tiff_with(**changes: int) -> bytes:
    """A grey TIFF with other values in its tags: `t256=5` is another width."""
    content = bytearray(grey_tiff(np.arange(64, dtype="u1").reshape(8, 8)))
    for name, value in changes.items():
        place = content.index(struct.pack("<H", int(name[1:])), 72)
        content[place + 8 : place + 12] = struct.pack("<I", value & 0xFFFFFFFF)
    return bytes(content)


def tiffs() -> dict[str, bytes]:
    """Tags that lie, loop or are of no known kind."""
    values = {
        256: (0, 2**31 - 1),
        257: (0, 2**31 - 1),
        258: (0, 3, 7, 128),
        259: (0, 2, 6, 7, 5, 34661, 65000),
        262: (3, 5, 6, 8, 32803, 65535),
        273: (0, 2**32 - 1, 4),
        277: (0, 2, 200),
        278: (0, 1, 2**32 - 1),
        279: (0, 2**32 - 1),
        339: (0, 2, 3, 5, 6),
    }
    made = {
        f"tiff-{tag}-{value}.tif": tiff_with(**{f"t{tag}": value})
        for tag, found in values.items()
        for value in found
    }
    plain = tiff_with()
    made["tiff-far-directory.tif"] = plain[:4] + struct.pack("<I", 2**32 - 8) + plain[8:]
    made["tiff-directory-in-header.tif"] = plain[:4] + struct.pack("<I", 0) + plain[8:]
    made["tiff-loop.tif"] = plain[:-4] + struct.pack("<I", 72)
    made["tiff-65535-tags.tif"] = plain[:72] + b"\xff\xff" + plain[74:]
    made["tiff-big.tif"] = b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63) + bytes(64)
    return made


def floats() -> dict[str, bytes]:
    """Samples that are no brightness."""
    ramp = np.linspace(0, 1, 64, dtype="f4").reshape(8, 8)
    kinds = {
        "nan": np.full((8, 8), np.nan, "f4"),
        "infinite": np.full((8, 8), np.inf, "f4"),
        "negative-infinite": np.where(ramp > 0.5, -np.inf, ramp).astype("f4"),
        "some-nan": np.where(ramp > 0.5, np.nan, ramp).astype("f4"),
        "huge": ramp * np.float32(3e38),
        "tiny": ramp * np.float32(1e-44),
        "negative": -ramp,
        "double": ramp.astype("f8"),
        "half": ramp.astype("f2"),
        "signed": (ramp * 200 - 100).astype("i1"),
        "signed-16": (ramp * 60000 - 30000).astype("i2"),
        "signed-32": (ramp * 4e9 - 2e9).astype("i4"),
        "unsigned-32": (ramp * 4.2e9).astype("u4"),
    }
    return {f"float-{name}.tif": grey_tiff(values) for name, values in kinds.items()}


def metadata() -> dict[str, bytes]:
    """EXIF, colour profiles and comments that are damaged, loop or carry scripts."""
    mark, made = corner_mark(), {}
    loop = b"Exif\0\0II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\0\0\0\0"
    exifs = {
        "loop": loop,
        "cut": loop[:12],
        "no-order": b"Exif\0\0XX*\0\x08\0\0\0",
        "far": b"Exif\0\0MM\0*\xff\xff\xff\xff",
        "long-text": b"Exif\0\0II*\0\x08\0\0\0\1\0\x0e\1\2\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0",
        "empty": b"Exif\0\0",
    }
    for name, exif in exifs.items():
        made[f"exif-{name}.jpg"] = image_file(mark, "JPEG", exif=exif)
    for orientation in (0, 9, 65535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        made[f"exif-turned-{orientation}.jpg"] = image_file(mark, "JPEG", exif=exif)
    for name, profile in {
        "short": b"x",
        "long": bytes(200_000),
        "lies": struct.pack(">I", 2**32 - 1) + b"acsp" * 32,
        "script": SCRIPT,
    }.items():
        made[f"icc-{name}.jpg"] = image_file(mark, "JPEG", icc_profile=profile)
        made[f"icc-{name}.webp"] = image_file(mark, "WEBP", icc_profile=profile)
    jpeg = image_file(mark, "JPEG")
    made["comment-script.jpg"] = (
        jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT + jpeg[2:]
    )
    made["segment-of-0.jpg"] = jpeg[:2] + b"\xff\xe1\0\0" + jpeg[2:]
    made["segment-past-end.jpg"] = jpeg[:2] + b"\xff\xe1\xff\xff" + jpeg[2:]
    made["no-tables.jpg"] = jpeg.replace(b"\xff\xdb", b"\xff\xfe")
    made["two-starts.jpg"] = jpeg[:2] * 500 + jpeg[2:]
    made["restart-markers.jpg"] = jpeg[:-2] + b"\xff\xd0" * 999 + jpeg[-2:]
    return made


def pretending() -> dict[str, bytes]:
    """Files of another kind under an image's name, and files of two kinds at once."""
    png, gif, jpeg = (image_file(corner_mark(), kind) for kind in ("PNG", "GIF", "JPEG"))
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"><image href="file:///etc/passwd"/>'
        b"</svg>"
    )
    entity = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    laughs = b"<!DOCTYPE s [<!ENTITY a 'ha'>" + b"".join(
        b"<!ENTITY %c '&%c;&%c;'>" % (n, n - 1, n - 1) for n in range(98, 122)
    )
    made = {
        "page.png": b"<!doctype html>" + SCRIPT,
        "page-in.gif": b"GIF89a/*" + SCRIPT,
        "gif-and-script.gif": gif + b"=1;" + SCRIPT,
        "jpeg-and-php.jpg": jpeg + b"<?php system($_GET[0]); ?>",
        "png-and-page.png": png + SCRIPT,
        "pdf-and-png.png": b"%PDF-1.7\n" + png,
        "drawing.svg": svg,
        "drawing.png": svg,
        "drawing.svgz": gzip.compress(svg, mtime=0),
        "entity.svg": entity,
        "laughs.svg": laughs + b"]><svg>&y;</svg>",
        "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
        "program.png": b"\x7fELF\2\1\1" + bytes(99),
        "program.exe.jpg": b"MZ" + bytes(99),
        "script.sh.png": b"#!/bin/sh\ntouch /tmp/hacked\n",
        "pickle.png": b"\x80\4\x8c\2os\x8c\6system\x93\x8c\4true\x85R.",
        "link.png": b"[InternetShortcut]\nURL=http://127.0.0.1/\n",
        "list.m3u8.png": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "magick.png": b"push graphic-context\nfill 'url(https://127.0.0.1/\"|ls \"-la)'\n",
        "photoshop.png": b"8BPS\0\1" + bytes(40),
        "zeros.png": bytes(5_000),
        "spaces.png": b" " * 5_000,
        "text-in-utf-16.png": SCRIPT.decode().encode("utf-16"),
        "array.png": b"\x93NUMPY\1\0v\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    }
    return made | {f"bad-{name}": content for name, content in bad_files().items()}


def animated() -> dict[str, bytes]:
    """Animations of many frames, of none, of frames outside the picture."""
    frames = [Image.new("P", (9, 9), shade) for shade in range(1, 200)]
    first = Image.new("P", (9, 9), 0)
    gif = image_file(first, "GIF", save_all=True, append_images=frames)
    place = gif.index(b",", 13)
    return {
        "frames.gif": gif,
        "frames-outside.gif": gif[: place + 1] + struct.pack("<HH", 60_000, 60_000) + gif[place + 5 :],
        "no-frame.gif": gif[:place] + b";",
        "frames.webp": image_file(first.convert("RGB"), "WEBP", save_all=True, append_images=frames[:20]),
        "frames.tif": image_file(first, "TIFF", save_all=True, append_images=frames[:20]),
        "frames.png": image_file(first, "PNG", save_all=True, append_images=frames[:20]),
    }


def shapes() -> dict[str, bytes]:
    """The least, the longest and the highest pictures."""
    stream = io.BytesIO()
    Image.new("L", (1, 1)).save(stream, "PNG")
    return {
        "one-pixel.png": stream.getvalue(),
        "line.png": image_file(Image.new("1", (60_000, 1))),
        "column.png": image_file(Image.new("1", (1, 60_000))),
        "column.webp": image_file(Image.new("RGB", (1, 16_000), "red"), "WEBP", lossless=True),
        "line.jpg": image_file(Image.new("L", (65_500, 1)), "JPEG"),
    }


def cut() -> dict[str, bytes]:
    """Every kind, ended early or begun late."""
    made = {}
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF"):
        whole = image_file(corner_mark(), kind)
        for length in (3, 11, 40, len(whole) - 1):
            made[f"cut-at-{length}.{kind.lower()}"] = whole[:length]
        made[f"without-start.{kind.lower()}"] = whole[4:]
    return made
