"""The kinds of image files: which suffixes they have, which can be read here, what another file really is."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from PIL import features

try:
    from pillow_heif import register_heif_opener
except ImportError:  # an extra: pip install "siamese-workbench[heif]"
    HEIF_INSTALLED = False
else:
    register_heif_opener()
    HEIF_INSTALLED = True

# Pillow's name of each kind, and the suffixes under which its files come
KINDS = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
_MISSING = {
    "AVIF": "" if features.check("avif") else 'pip install --upgrade pillow, or "siamese-workbench[heif]"',
    "HEIF": "" if HEIF_INSTALLED else 'pip install "siamese-workbench[heif]"',
}
# Pillow otherwise tries every plugin by content: an EPS named .png would start Ghostscript.
FORMATS = tuple(kind for kind in KINDS if not _MISSING.get(kind))
SUFFIXES = frozenset(suffix for kind in FORMATS for suffix in KINDS[kind])
HEAD_BYTES = 512  # that `content_of` looks at

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG"),
    (b"\x89PNG", "a PNG whose line ends were changed on its way (send it as binary)"),
    (b"\xef\xbf\xbdPNG", "a PNG that was saved as text, and is lost by that"),
    (b"\xc2\x89PNG", "a PNG that was saved as text, and is lost by that"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"II*\0\x10\0\0\0CR", "the raw photograph of a camera"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"IIU\0", "the raw photograph of a camera"),
    (b"IIR", "the raw photograph of a camera"),
    (b"FUJIFILMCCD-RAW", "the raw photograph of a camera"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"8BPS", "a Photoshop file"),
    (b"gimp xcf", "a GIMP file"),
    (b"v/1\x01", "an OpenEXR image"),
    (b"#?RADIANCE", "a Radiance HDR image"),
    (b"#?RGBE", "a Radiance HDR image"),
    (b"DDS |", "a texture (DDS)"),
    (b"qoif", "a QOI image"),
    (b"P7\n", "a PAM image"),
    (b"PF\n", "a PFM image in colour"),
    (b"AT&TFORM", "a DjVu document"),
    (b"PK\x03\x04", "a zip or an office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0", "an office document of an old program"),
    (b"\0\0\1\0", "an icon"),
    (b"\0\0\2\0", "a cursor"),
    (b"icns", "an icon"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"ID3\3", "a sound"),
    (b"ID3\4", "a sound"),
    (b"OggS", "a sound or a video"),
    (b"fLaC", "a sound"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\0\5\x16\7", "what a Mac keeps beside a file, and not the file"),
    (b"bplist00", "a property list of a Mac"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"SIMPLE  =", "a FITS image"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"version https://git-lfs", "a Git LFS pointer in place of the file (git lfs pull fetches it)"),
)
_FURTHER_ON = (  # where in the file, the bytes there, what it is
    (4, b"1AY&SY", "a bzip2 archive"),
    (128, b"DICM", "a DICOM image"),
    (257, b"ustar", "a tar archive"),
)
_TEXTS = (
    (("<!doctype html", "<html", "<head"), "a web page"),
    (("<?xml",), "XML"),
    (('{"', "{\n", "{\r", '{ "', "[{", '["', "[\n", "[\r"), "JSON"),
    (("{\\rtf",), "an RTF document"),
)
# as `content_of` calls them
OWN_KINDS = {
    "a PNG": "PNG",
    "a JPEG": "JPEG",
    "a GIF": "GIF",
    "a BMP": "BMP",
    "a TIFF": "TIFF",
    "a WebP": "WEBP",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BRANDS = dict.fromkeys(_HEIC_BRANDS, "HEIC") | {b"avif": "AVIF", b"avis": "AVIF"}


def how_to_read(suffix: str) -> str:
    """Return what installs a reader of files with this suffix; "" where none is missing or known."""
    return next((_MISSING[kind] for kind in _MISSING if suffix.lower() in KINDS[kind]), "")


def is_readable(head: bytes) -> bool:
    """Whether the first bytes of a file are those of an image that can be read here."""
    kind = OWN_KINDS.get(content_of(head))
    if kind is None and head[4:8] == b"ftyp":
        kind = {"HEIC": "HEIF", "AVIF": "AVIF"}.get(_BRANDS.get(head[8:12], ""))
    return kind in FORMATS


def suffix_of(name: str) -> str:
    """Return the suffix in lower case, "" where the name has none."""
    return PurePosixPath(name).suffix.lower()


def content_of(head: bytes) -> str:
    """Say in words what a file is by its first `HEAD_BYTES`, as "a PDF"; "" where they tell nothing."""
    for start, words in _STARTS:
        if head.startswith(start):
            return words
    for place, mark, words in _FURTHER_ON:
        if head[place : place + len(mark)] == mark:
            return words
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "a BMP"
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head[:4] == b"RIFF":
        return "a WebP" if head[8:12] == b"WEBP" else "a sound or a video"
    if head and not head.strip(b"\0"):
        return "empty inside: nothing but zero bytes"
    return _of_text(head)


def _by_brand(brand: bytes) -> str:
    kind = _BRANDS.get(brand)
    if kind is None:
        return "the raw photograph of a camera" if brand == b"crx " else "a video"
    remedy = how_to_read(f".{kind.lower()}")
    return f"a{'n' if kind == 'AVIF' else ''} {kind} photograph" + (f" ({remedy} reads it)" if remedy else "")


def _of_text(head: bytes) -> str:
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return ""
    if not text or not all(letter.isprintable() or letter.isspace() for letter in text):
        return ""
    start = text.lstrip().lower()
    if "<svg" in start:
        return "an SVG drawing"
    return next((words for begins, words in _TEXTS if start.startswith(begins)), "text")


def listed(kinds: Iterable[str] = FORMATS) -> str:
    """Join the kinds for a message: "PNG, JPEG or GIF"."""
    *others, last = kinds
    return f"{', '.join(others)} or {last}" if others else last
