"""Draw maps as pictures that lie over the images."""

import numpy as np

from siamese_core.explaining.maps import SimilarityMaps, enlarged

SIDE = 72  # px of the longer side of an overlay, which the browser enlarges
STRONGEST = 0.85  # opacity of the strongest place
COLOURS = {"alike": (0, 114, 178), "apart": (213, 94, 0)}  # blue and vermilion, as verdicts are drawn


def overlays(
    maps: SimilarityMaps, shape: tuple[int, int], side: int = SIDE
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return, by "alike" and "apart", the overlays of both images: uint8 RGBA.

    shape: of the image as the encoder sees it; side: px of the longer side of an overlay. Only what is above
    0 is drawn, in units of the strongest place of the map on either image, so that the weaker image of the
    two is drawn as such.
    """
    scale = side / max(shape)
    size = tuple(max(1, round(each * scale)) for each in shape)
    return {kind: _pair(getattr(maps, kind), size, COLOURS[kind]) for kind in COLOURS}


def _pair(both: tuple[np.ndarray, np.ndarray], size: tuple[int, int], colour: tuple[int, int, int]) -> tuple:
    strongest = max(float(max(each.max() for each in both)), 1e-12)
    return tuple(_tinted(enlarged(np.maximum(each, 0) / strongest, size), colour) for each in both)


def _tinted(strength: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    picture = np.empty((*strength.shape, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = np.rint(255 * STRONGEST * np.clip(strength, 0, 1))
    return picture


def laid_over(image: np.ndarray, overlay: np.ndarray) -> np.ndarray:
    """Return an image (h, w, 1 or 3) with an overlay on it, uint8 RGB of the overlay's size."""
    channels = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    size = overlay.shape[:2]
    ground = np.stack([enlarged(channels[..., channel], size) for channel in range(3)], axis=-1)
    opacity = overlay[..., 3:] / 255
    return np.rint(ground * (1 - opacity) + overlay[..., :3] * opacity).astype(np.uint8)


def region(values: np.ndarray) -> str:
    """Return in words where the highest value of a map (h, w) is."""
    row, column = np.unravel_index(np.argmax(values), values.shape)
    return region_at(((column + 0.5) / values.shape[1], (row + 0.5) / values.shape[0]))


def region_at(place: tuple[float, float]) -> str:
    """Return in words where a place (x, y), 0..1, is, such as "upper left"."""
    across = ("left", "middle", "right")[min(2, int(3 * place[0]))]
    down = ("upper", "middle", "lower")[min(2, int(3 * place[1]))]
    return "middle" if across == down == "middle" else f"{down} {across}"
