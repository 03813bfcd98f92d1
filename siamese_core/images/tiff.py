"""What Pillow leaves to the caller in TIFF files.

These are samples that it reads wrongly, and what to call those that it does not read.
"""

import io

from PIL import Image, ImageFile, TiffImagePlugin

BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, SAMPLE_FORMAT = 258, 259, 262, 277, 339  # tags
OFFSETS, LENGTHS = (273, 324), (279, 325)  # of strips, of tiles
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # values of SAMPLE_FORMAT
WHITE_IS_ZERO, YCBCR = 0, 6  # values of PHOTOMETRIC
_FORMATS = {UNSIGNED: "", SIGNED: " with a sign", FLOAT: " as floating point"}
_COLOURS = {
    WHITE_IS_ZERO: "0 is white",
    1: "grey",
    2: "RGB",
    3: "a palette",
    5: "CMYK",
    YCBCR: "YCbCr",
    8: "CIELAB",
}


def read_by_libtiff(image: Image.Image) -> None:
    """Let libtiff decode YCbCr that is not compressed.

    Of such pixels Pillow's own reader takes 4 samples each and then calls the file cut short.
    """
    tags = getattr(image, "tag_v2", {})
    if image.format == "TIFF" and tags.get(PHOTOMETRIC) == YCBCR and image.tile[0].codec_name == "raw":
        whole = ImageFile._Tile("libtiff", (0, 0, *image.size), 0, ("RGBX", "raw", False, tags.offset))
        image.tile, image.use_load_libtiff = [whole], True


def require_all_rows(image: Image.Image) -> None:
    """Raise ValueError where a TIFF has strips for fewer pixels than it says: Pillow leaves others black."""
    if image.format == "TIFF":
        places = {each.extents for each in image.tile}
        held = sum((right - left) * (bottom - top) for left, top, right, bottom in places)
        if held < image.width * image.height:
            raise ValueError(f"strips of {held} pixels")


def is_cut_short(image: Image.Image, length: int) -> bool:
    """Whether a TIFF names samples behind the end of its file of `length` bytes."""
    for offsets, lengths in zip(OFFSETS, LENGTHS, strict=True):
        places, sizes = (image.tag_v2.get(tag) or () for tag in (offsets, lengths))
        if any(place + size > length for place, size in zip(places, sizes, strict=False)):
            return True
    return False


def sample_format(image: Image.Image) -> int:
    """Return how a TIFF stores a sample; UNSIGNED for any other file."""
    return _first(getattr(image, "tag_v2", {}).get(SAMPLE_FORMAT, UNSIGNED))


def samples(content: bytes) -> str:
    """Say how a TIFF stores its pixels, as "1 sample of 64 bits as floating point, grey".

    "" where its tags cannot be read.
    """
    file = io.BytesIO(content)
    try:
        header = file.read(16 if content[2:3] == b"+" or content[3:4] == b"+" else 8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(header)
        file.seek(tags.next)
        tags.load(file)
        count, bits = _first(tags.get(SAMPLES, 1)), _first(tags[BITS])
        kind = _FORMATS.get(_first(tags.get(SAMPLE_FORMAT, UNSIGNED)), " of no known type")
        colours = _COLOURS.get(tags.get(PHOTOMETRIC), "no known colours")
        packed = "" if tags.get(COMPRESSION, 1) == 1 else f", compression {tags[COMPRESSION]}"
    except Exception:  # a damaged directory makes Pillow raise a dozen kinds
        return ""
    return f"{count} sample{'' if count == 1 else 's'} a pixel of {bits} bits{kind}, {colours}{packed}"


def _first(value: object) -> int:
    return value[0] if isinstance(value, tuple) else value
