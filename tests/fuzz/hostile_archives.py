"""Archives made to hurt who unpacks them: they lead outside, lie, unfold, nest, or are damaged."""

import io
import stat
import struct
import zipfile

import numpy as np

from fuzz.mutations import mutated
from helpers.samples import corner_mark, image_file

SEED = 22
PICTURE = image_file(corner_mark())
NAMES = (
    "../../etc/passwd.png",
    "/etc/passwd.png",
    "a/../../../b.png",
    "..\\..\\windows\\b.png",
    "C:\\windows\\b.png",
    "C:b.png",
    "\\\\server\\share\\b.png",
    "//server/share/b.png",
    "..%2f..%2fb.png",
    "%00.png",
    "a\0b.png",
    "....//....//b.png",
    "~root/b.png",
    "$HOME/b.png",
    "`touch hacked`.png",
    "a;touch hacked;.png",
    "-rf.png",
    "=cmd|' /C calc'!A0.png",
    "@SUM(1).png",
    "<img src=x onerror=alert(1)>.png",
    "</script><script>alert(1)</script>/b.png",
    "{{7*7}}${7*7}.png",
    "a\nb\r\nSet-Cookie: x=1.png",
    "a\x1b[2Jb.png",
    "\u202egnp.exe.png",
    "\u200b/\u2060.png",
    "a\u0301.png",
    "\U0001f600/\U0001f600.png",
    "CON.png",
    "aux/nul.png",
    "b.png.",
    " b.png ",
    ".png",
    "..png",
    "x" * 255 + ".png",
    "y" * 5_000 + ".png",
    "/".join(["d"] * 500) + "/b.png",
    "a/" * 3_000 + "b.png",
    "__MACOSX/._b.png",
    "a/.hidden.png",
)


def hostile_archives() -> dict[str, bytes]:
    """Return the archives by name."""
    found = {f"name-{number}.zip": packed({name: PICTURE}) for number, name in enumerate(NAMES)}
    found |= links() | bombs() | liars() | odd()
    rng, whole = np.random.default_rng(SEED), packed({"a/1.png": PICTURE, "b/1.png": PICTURE[:-9]})
    missing = 80 - len(found)
    return found | {f"random-{number}.zip": mutated(whole, rng) for number in range(missing)}


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("entry")
            entry.filename = entry.orig_filename = name  # as it is, NUL and all
            entry.compress_type = method
            archive.writestr(entry, content)
    return stream.getvalue()


def links() -> dict[str, bytes]:
    """Symbolic links, which a careless unpacker follows, and a device."""
    made = {}
    for name, target, kind in (
        ("link", b"/etc/passwd", stat.S_IFLNK),
        ("link-up", b"../../../../etc/passwd", stat.S_IFLNK),
        ("device", b"", stat.S_IFCHR),
        ("pipe", b"", stat.S_IFIFO),
    ):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            entry = zipfile.ZipInfo("a/link.png")
            entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
            archive.writestr(entry, target)
        made[f"{name}.zip"] = stream.getvalue()
    return made


def bombs() -> dict[str, bytes]:
    """Little that unfolds to much, and zips in zips."""
    inner = packed({"a.png": PICTURE})
    for _ in range(20):
        inner = packed({"inner.zip": inner})
    zeros = packed({"a/zeros.png": bytes(20_000_000), "a/b.png": PICTURE})
    return {
        "nested.zip": inner,
        "nested-as.png.zip": packed({"inner.png": inner}),
        "zeros.zip": zeros,
        "many.zip": packed({f"{n % 9}/{n}.png": b"" for n in range(2_000)}, zipfile.ZIP_STORED),
        "more-than-is-read.zip": changed(zeros, b"PK\1\2", 24, struct.pack("<I", 2**32 - 2)),
        "less-than-it-is.zip": changed(zeros, b"PK\1\2", 24, struct.pack("<I", 10)),
    }


def changed(content: bytes, at: bytes, offset: int, cells: bytes) -> bytes:
    """The content with other cells behind the first place of `at`."""
    place = content.index(at) + offset
    return content[:place] + cells + content[place + len(cells) :]


def liars() -> dict[str, bytes]:
    """Directories that lie of their entries."""
    whole = packed({"a/1.png": PICTURE, "b/1.png": PICTURE})
    cells = {
        "wrong-sum": (16, struct.pack("<I", 1)),
        "locked": (8, b"\1\0"),
        "method-99": (10, b"\x63\0"),
        "method-93": (10, b"\x5d\0"),
        "method-12345": (10, struct.pack("<H", 12345)),
        "version-255": (6, b"\xff\0"),
        "year-of-nothing": (12, b"\xff\xff\xff\xff"),
        "name-past-end": (28, b"\xff\xff"),
        "extra-past-end": (30, b"\xff\xff"),
        "comment-past-end": (32, b"\xff\xff"),
        "on-disk-7": (34, b"\7\0"),
        "far-entry": (42, b"\xff\xff\xff\x7f"),
        "entry-in-directory": (42, struct.pack("<I", whole.index(b"PK\1\2"))),
        "packed-far-more": (20, b"\xff\xff\xff\x7f"),
        "packed-nothing": (20, bytes(4)),
    }
    made = {f"{name}.zip": changed(whole, b"PK\1\2", *cell) for name, cell in cells.items()}
    end = {
        "65535-entries": (10, b"\xff\xff"),
        "no-entries": (8, bytes(4)),
        "far-directory": (16, b"\xff\xff\xff\xff"),
        "long-directory": (12, b"\xff\xff\xff\x7f"),
        "comment-lies": (20, b"\xff\xff"),
    }
    return made | {f"{name}.zip": changed(whole, b"PK\5\6", *cell) for name, cell in end.items()}


def odd() -> dict[str, bytes]:
    """Archives with something before or behind them, doubled, or of nothing."""
    whole = packed({"a/1.png": PICTURE})
    return {
        "empty.zip": packed({}),
        "nothing.zip": b"",
        "only-an-end.zip": b"PK\5\6" + bytes(18),
        "behind-a-picture.zip": PICTURE + whole,
        "behind-a-program.zip": b"\x7fELF" + bytes(500) + whole,
        "before-rubbish.zip": whole + bytes(70_000),
        "two.zip": whole + whole,
        "other-kind.zip": b"7z\xbc\xaf\x27\x1c" + bytes(99),
    }
