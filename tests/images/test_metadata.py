"""Metadata never decides whether pixels are read, nor which side is up, EXIF aside."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from helpers.samples import image_file
from siamese_core.images.decoding import decode_image
from siamese_core.images.metadata import pixels_only

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
UNFOLDS_TO_2_MB = zlib.compress(b"x" * (2 << 20))
CHUNKS = {
    "text": (b"tEXt", b"no end of keyword"),
    "long compressed text": (b"zTXt", b"Comment\0\0" + UNFOLDS_TO_2_MB),
    "long international text": (b"iTXt", b"Comment\0\1\0\0\0" + UNFOLDS_TO_2_MB),
    "damaged compressed text": (b"zTXt", b"Comment\0\0no zlib"),
    "damaged colour profile": (b"iCCP", b"name\0\0no zlib"),
    "long colour profile": (b"iCCP", b"name\0\0" + UNFOLDS_TO_2_MB),
    "odd time": (b"tIME", b"\xff" * 3),
    "odd size": (b"pHYs", b""),
    "damaged EXIF": (b"eXIf", b"MM\0*\xff\xff\xff\xff"),
    "unknown": (b"quIt", b"\0" * 999),
    "odd animation": (b"acTL", b"\0"),
}
SEGMENTS = {
    "text": (0xFE, b"a comment \xff\xff"),
    "EXIF that is none": (0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "several EXIF": (0xE1, b"Exif\0\0"),
    "damaged colour profile": (0xE2, b"ICC_PROFILE\0\x01\x09" + b"\xff" * 50),
    "several pictures": (0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
    "Photoshop": (0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\xff\xff\xff\xff"),
    "longest": (0xE5, b"\xff" * 65533),
    "unknown": (0xEB, b"\0"),
}


def png_with(kind: bytes, data: bytes, damaged: bool = False) -> bytes:
    plain = image_file(PICTURE)
    check = zlib.crc32(kind + data) ^ damaged
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
    return plain[:33] + chunk + plain[33:]


def jpeg_with(marker: int, data: bytes) -> bytes:
    plain = jpeg()
    return plain[:2] + bytes((0xFF, marker)) + struct.pack(">H", 2 + len(data)) + data + plain[2:]


def jpeg(**options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("name", CHUNKS)
def test_a_png_is_read_whatever_its_metadata_holds(name, damaged):
    np.testing.assert_array_equal(decode_image(png_with(*CHUNKS[name], damaged)), PICTURE)


@pytest.mark.parametrize("name", SEGMENTS)
def test_a_jpeg_is_read_whatever_its_metadata_holds(name):
    np.testing.assert_array_equal(decode_image(jpeg_with(*SEGMENTS[name])), decode_image(jpeg()))


@pytest.mark.parametrize("length", [0, 1, 9, 65535])
def test_a_segment_of_metadata_with_a_wrong_length_is_passed_over(length):
    content = bytearray(jpeg_with(0xEC, b"\x42" * 40))
    content[4:6] = struct.pack(">H", length)
    np.testing.assert_array_equal(decode_image(bytes(content)), decode_image(jpeg()))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_xmp_turns_nothing(file_format):
    file = io.BytesIO()
    options = {"tiffinfo": {700: XMP}} if file_format == "TIFF" else {"xmp": XMP}
    if file_format == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options = {"pnginfo": text}
    Image.fromarray(PICTURE).save(file, file_format, **options)
    assert decode_image(file.getvalue()).shape == PICTURE.shape


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_turns(file_format):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, file_format, exif=exif)
    assert decode_image(file.getvalue()).shape == (40, 24, 3)


def test_the_colours_of_a_print_jpeg_keep_their_adobe_marker():
    file = io.BytesIO()
    Image.fromarray(PICTURE).convert("CMYK").save(file, "JPEG", quality=95)
    with Image.open(io.BytesIO(file.getvalue())) as plain:
        expected = np.asarray(plain.convert("RGB"))
    np.testing.assert_array_equal(decode_image(file.getvalue()), expected)


def test_a_file_without_metadata_stays_as_it_is():
    for content in (image_file(PICTURE), jpeg(), b"no image", b""):
        assert pixels_only(content) == content


def test_half_a_file_stays_half_a_file():
    for content in (image_file(PICTURE), jpeg()):
        for cut in range(0, len(content), 97):
            assert content.startswith(pixels_only(content[:cut]))
