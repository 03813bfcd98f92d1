"""Images for the tests, made on the spot: odd and bad image files, and handwriting-like drawings."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps
from scipy.ndimage import gaussian_filter

OMNIGLOT_SIDE = 105


# Image files. Every odd one shows `corner_mark()`, so that one test can judge them all.


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Random pixels: uint8 (height, width, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def corner_mark(width: int = 48, height: int = 32) -> np.ndarray:
    """White paper with a black block at the top left that is wider than high: tells every turn and mirror."""
    image = np.full((height, width, 3), 255, np.uint8)
    image[: height // 4, : width // 2] = 0
    return image


def image_file(image: Image.Image | np.ndarray, file_format: str = "PNG", **options) -> bytes:
    """The bytes of an image file as Pillow writes it."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def raw_png(samples: np.ndarray, colour_type: int, transparent: bytes | None = None) -> bytes:
    """A PNG of kinds that Pillow cannot write: `samples` uint8 or uint16 (height, width[, channels])."""
    height, width = samples.shape[:2]
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    if transparent is not None:
        chunks.insert(1, (b"tRNS", transparent))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def huge_png(width: int = 6500, height: int = 6400) -> bytes:
    """A blank one-bit PNG: 41.6 million pixels in a few kilobytes by default."""
    return image_file(Image.new("1", (width, height)), optimize=True)


def claimed_png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data does not hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def turned_file(orientation: int, file_format: str = "JPEG") -> bytes:
    """`corner_mark()` stored turned or mirrored, with the EXIF orientation (1..8) that puts it upright."""
    stored = {
        1: lambda mark: mark,
        2: np.fliplr,
        3: lambda mark: np.rot90(mark, 2),
        4: np.flipud,
        5: lambda mark: mark.swapaxes(0, 1),
        6: lambda mark: np.rot90(mark, 1),
        7: lambda mark: np.rot90(mark.swapaxes(0, 1), 2),
        8: lambda mark: np.rot90(mark, -1),
    }[orientation](corner_mark())
    exif = Image.Exif()
    exif[0x0112] = orientation
    quality = {"quality": 95} if file_format == "JPEG" else {}
    return image_file(np.ascontiguousarray(stored), file_format, exif=exif, **quality)


def transparent_ink() -> np.ndarray:
    """Black ink on a transparent ground that is black, too: uint8 (height, width, 4)."""
    mark = corner_mark()
    return np.dstack([np.zeros_like(mark), 255 - mark[..., :1]])


def transparent_palette() -> Image.Image:
    """Palette image whose transparent ground colour is red."""
    image = Image.fromarray((corner_mark()[..., 0] > 0).astype(np.uint8))
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.info["transparency"] = 1
    return image


def deep_files() -> dict[str, bytes]:
    """`corner_mark()` in more than 8 bits a sample."""
    grey = corner_mark()[..., 0]
    deep = grey.astype(np.uint16) * 257
    ground = struct.pack(">H", 30000)
    return {
        "grey16.png": image_file(deep),
        "grey16-transparent.png": raw_png(np.where(deep > 0, 30000, 0).astype(np.uint16), 0, ground),
        "grey16-alpha.png": raw_png(np.dstack([np.zeros_like(deep), 65535 - deep]), 4),
        "colour16.png": raw_png(np.dstack([deep] * 3), 2),
        "colour16-alpha.png": raw_png(np.dstack([deep] * 3 + [np.full_like(deep, 65535)]), 6),
        "grey16.pgm": b"P5 48 32 65535\n" + deep.astype(">u2").tobytes(),
        "grey16.tif": image_file(deep, "TIFF"),
        "grey32.tif": image_file(grey.astype(np.int32) * 8_000_000, "TIFF"),
        "unit-float.tif": image_file(grey.astype(np.float32) / 255, "TIFF"),
        "byte-float.tif": image_file(grey.astype(np.float32), "TIFF"),
        "float-with-nan.tif": image_file(np.where(grey > 0, 1.0, np.nan).astype(np.float32), "TIFF"),
    }


def transparent_files() -> dict[str, bytes]:
    """`corner_mark()` as ink on a transparent ground."""
    ink = Image.fromarray(transparent_ink())
    one_bit = ink.getchannel("A").point(lambda alpha: 255 - alpha).convert("1")
    return {
        "black-ink.png": image_file(ink),
        "black-ink.webp": image_file(ink, "WEBP", lossless=True, exact=True),
        "black-ink.tif": image_file(ink, "TIFF"),
        "grey-alpha.png": image_file(ink.convert("LA")),
        "palette-index.png": image_file(transparent_palette(), transparency=1),
        "palette-alphas.png": image_file(transparent_palette(), transparency=b"\xff\x00"),
        "palette.gif": image_file(transparent_palette(), "GIF", transparency=1),
        "one-bit-transparent.png": image_file(one_bit, transparency=1),
    }


def lossless_files() -> dict[str, bytes]:
    """`corner_mark()` in every lossless kind of 8 bits or less."""
    mark = Image.fromarray(corner_mark())
    black = Image.new("RGB", mark.size)
    files = {
        "plain.png": image_file(mark),
        "grey.png": image_file(mark.convert("L")),
        "one-bit.png": image_file(mark.convert("1")),
        "palette.png": image_file(mark.convert("P", palette=Image.Palette.ADAPTIVE)),
        "called.jpg": image_file(mark),
        "plain.bmp": image_file(mark, "BMP"),
        "plain.ppm": image_file(mark, "PPM"),
        "grey.pgm": image_file(mark.convert("L"), "PPM"),
        "plain.webp": image_file(mark, "WEBP", lossless=True),
        "plain.tif": image_file(mark, "TIFF", compression="tiff_lzw"),
        "cmyk.tif": image_file(mark.convert("CMYK"), "TIFF"),
        "animated.gif": image_file(mark, "GIF", save_all=True, append_images=[black, black]),
        "animated.png": image_file(mark, "PNG", save_all=True, append_images=[black, black]),
        "animated.webp": image_file(mark, "WEBP", save_all=True, append_images=[black], lossless=True),
        "pages.tif": image_file(mark, "TIFF", save_all=True, append_images=[black]),
    }
    return files | {f"turned-{number}.png": turned_file(number, "PNG") for number in range(1, 9)}


def jpeg_files() -> dict[str, bytes]:
    """`corner_mark()` as JPEG files: right but for the loss of that format."""
    mark = Image.fromarray(corner_mark())
    files = {
        "plain.jpg": image_file(mark, "JPEG", quality=95),
        "grey.jpg": image_file(mark.convert("L"), "JPEG", quality=95),
        "progressive.jpg": image_file(mark, "JPEG", quality=95, progressive=True),
        "cmyk.jpg": image_file(mark.convert("CMYK"), "JPEG", quality=95),
        "two-views.jpg": image_file(mark, "MPO", quality=95, save_all=True, append_images=[mark]),
    }
    return files | {f"turned-{number}.jpg": turned_file(number) for number in range(1, 9)}


def odd_files() -> dict[str, bytes]:
    """Unusual image files that all show `corner_mark()`."""
    return lossless_files() | deep_files() | transparent_files() | jpeg_files()


def bad_files() -> dict[str, bytes]:
    """Files that no image can be made of."""
    texture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = {kind: image_file(texture, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")}
    return {
        "empty.png": b"",
        "one-byte.png": b"\x89",
        "text.png": b"This is not an image.\n",
        "page.png": b"<!doctype html><title>404 Not Found</title>",
        "drawing.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n9 9 lineto stroke\n%%EOF\n",
        "postscript.png": image_file(texture, "EPS"),
        "icon.png": image_file(texture, "ICO"),
        "vector.png": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "only-a-signature.png": b"\x89PNG\r\n\x1a\n",
        "no-width.png": claimed_png(0, 9),
        "no-data.png": claimed_png(200, 200),
        "too-many-pixels.png": claimed_png(8000, 5001),
        "beyond-all-reason.png": claimed_png(2**31 - 1, 2**31 - 1),
    } | {f"cut-short.{kind.lower()}": content[: len(content) // 2] for kind, content in whole.items()}


# Drawings like handwriting: a class is a program of strokes, a drawer draws it a little differently.


def stroke_program(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """A new character: 2 to 4 Bezier curves, each 4 control points (4, 2) in 0..1."""
    return tuple(rng.uniform(0.1, 0.9, (4, 2)) for _ in range(rng.integers(2, 5)))


def draw_program(
    program: tuple[np.ndarray, ...], rng: np.random.Generator, side: int, jitter: float = 1.0
) -> np.ndarray:
    """The character by a new hand: uint8 (side, side, 3), black ink on white. Jitter 0 draws it exactly."""
    turn = jitter * rng.normal(0, 0.08)
    scale = 1 + jitter * rng.normal(0, 0.05, 2)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    shift = 0.5 + jitter * rng.normal(0, 0.02, 2)
    pen = side * 2 * (0.04 + jitter * rng.uniform(-0.01, 0.01))
    paper = Image.new("L", (2 * side, 2 * side), 255)
    for controls in program:
        moved = (controls - 0.5 + jitter * rng.normal(0, 0.015, controls.shape)) @ turned + shift
        _draw_curve(ImageDraw.Draw(paper), moved * 2 * side, pen)
    return np.array(paper.reduce(2).convert("RGB"))


def _draw_curve(paper: ImageDraw.ImageDraw, controls: np.ndarray, pen: float) -> None:
    time = np.linspace(0, 1, 24)[:, None]
    weights = np.hstack([(1 - time) ** 3, 3 * time * (1 - time) ** 2, 3 * time**2 * (1 - time), time**3])
    points = weights @ controls
    paper.line([tuple(point) for point in points], fill=0, width=max(1, round(pen)), joint="curve")
    for point in points[[0, -1]]:
        paper.ellipse([*(point - pen / 2), *(point + pen / 2)], fill=0)


def stroke_glyph(rng: np.random.Generator, side: int) -> np.ndarray:
    """A new character drawn once: uint8 (side, side, 3)."""
    return draw_program(stroke_program(rng), rng, side)


def alphabet(rng: np.random.Generator, n_classes: int, n_drawers: int, side: int) -> np.ndarray:
    """Characters by several hands: uint8 (n_classes, n_drawers, side, side, 3)."""
    programs = [stroke_program(rng) for _ in range(n_classes)]
    return np.array([[draw_program(one, rng, side) for _ in range(n_drawers)] for one in programs])


def write_class_folders(
    folder: Path, rng: np.random.Generator, n_groups: int = 2, n_classes: int = 3, n_drawers: int = 4
) -> Path:
    """Write drawings as Omniglot does, `Alphabet_1/character01/0001_01.png`: one bit, 105 px a side."""
    for group in range(n_groups):
        drawings = alphabet(rng, n_classes, n_drawers, OMNIGLOT_SIDE)
        for character, by_drawer in enumerate(drawings):
            class_folder = folder / f"Alphabet_{group + 1}" / f"character{character + 1:02d}"
            class_folder.mkdir(parents=True)
            for drawer, image in enumerate(by_drawer):
                number = group * n_classes + character + 1
                one_bit = Image.fromarray(image).convert("1", dither=Image.Dither.NONE)
                one_bit.save(class_folder / f"{number:04d}_{drawer + 1:02d}.png")
    return folder


def as_scan(image: np.ndarray) -> np.ndarray:
    """The drawing as Omniglot stores it: 105 px, black or white only."""
    small = Image.fromarray(image).resize((OMNIGLOT_SIDE, OMNIGLOT_SIDE), Image.Resampling.BOX)
    return np.array(small.convert("1", dither=Image.Dither.NONE).convert("RGB"))


def on_dark_canvas(image: np.ndarray, side: int = 320) -> np.ndarray:
    """The drawing in pale yellow on a dark blue canvas of another shape, at its lower right."""
    drawing = Image.fromarray(image).convert("L").resize((side * 2 // 3,) * 2, Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (side, side * 4 // 5), (20, 24, 60))
    canvas.paste((250, 245, 200), (side // 4, side // 10), ImageOps.invert(drawing))
    return np.array(canvas)


def pencil_photograph(image: np.ndarray, rng: np.random.Generator, side: int = 420) -> np.ndarray:
    """The drawing in pencil, somewhere in a photograph of paper: uneven light, grain, blur and noise."""
    drawn = round(side * rng.uniform(0.5, 0.9))
    ink = np.zeros((side, side))
    top, left = rng.integers(0, side - drawn + 1, 2)
    resized = Image.fromarray(image).convert("L").resize((drawn, drawn), Image.Resampling.BICUBIC)
    ink[top : top + drawn, left : left + drawn] = 1 - np.asarray(resized) / 255
    lead = gaussian_filter(ink, side * rng.uniform(0.002, 0.005)) * rng.normal(0.85, 0.25, ink.shape).clip(
        0.2, 1
    )
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    slope = rng.uniform(-0.25, 0.25, 2)
    light = rng.uniform(140, 230) * (1 + slope[0] * x + slope[1] * y - rng.uniform(0, 0.15) * (x * x + y * y))
    grey = light * (1 - rng.uniform(0.4, 0.7) * gaussian_filter(lead, 1)) + rng.normal(
        0, rng.uniform(2, 6), ink.shape
    )
    tint = np.array([1, rng.uniform(0.96, 1), rng.uniform(0.9, 0.98)])
    return np.uint8((grey[..., None] * tint).clip(0, 255))


def photograph(rng: np.random.Generator, height: int = 120, width: int = 160) -> np.ndarray:
    """Like a photograph of objects: soft coloured shapes over each other, shaded, textured, with noise."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    picture = (
        rng.uniform(60, 200, 3) * (1 + rng.uniform(-0.5, 0.5) * x + rng.uniform(-0.5, 0.5) * y)[..., None]
    )
    for _ in range(rng.integers(4, 9)):
        middle, radius = rng.uniform(0, 1, 2), rng.uniform(0.1, 0.4, 2)
        distance = ((y - middle[0]) / radius[0]) ** 2 + ((x - middle[1]) / radius[1]) ** 2
        inside = 1 / (1 + np.exp(((distance - 1) * rng.uniform(3, 30)).clip(-50, 50)))
        texture = 1 + 0.3 * np.sin(rng.uniform(10, 90) * x + rng.uniform(10, 90) * y)
        shade = rng.uniform(20, 250, 3) * ((1 - 0.4 * distance.clip(0, 1)) * texture)[..., None]
        picture = picture + inside[..., None] * (shade - picture)
    return np.uint8((picture + rng.normal(0, 4, (height, width, 1))).clip(0, 255))
