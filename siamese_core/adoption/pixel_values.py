"""What networks take for the pixels of an image: the usual scalings of 0..255, a channel at a time."""

from dataclasses import dataclass

import numpy as np

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation of RGB in 0..1
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
CAFFE_MEAN = (103.939, 116.779, 123.68)  # of ImageNet's BGR in 0..255, as the first VGG and ResNet had it
SMALLEST_STEP = 0.02  # share of a deviation within which two scalings count as one


@dataclass(frozen=True)
class PixelValues:
    """A scaling: value = pixel * scale + offset, (channels,) each, in the order of the network.

    bgr: the network takes blue first.
    """

    name: str
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    bgr: bool = False

    def of(self, images: np.ndarray) -> np.ndarray:
        """Return the values float32 (n, height, width, channels) of images uint8 of that shape.

        channels: 3 (RGB) or 1 (grey).
        """
        ordered = images[..., ::-1] if self.bgr else images
        return ordered * np.float32(self.scale) + np.float32(self.offset)

    def is_like(self, other: "PixelValues") -> bool:
        """Whether both give black and white nearly the same values."""
        if self.bgr != other.bgr or len(self.scale) != len(other.scale):
            return False
        ends = [
            np.array([each.offset, np.add(each.offset, np.multiply(each.scale, 255))])
            for each in (self, other)
        ]
        return bool(np.abs(ends[0] - ends[1]).max() <= SMALLEST_STEP * np.ptp(ends[0], axis=0).max())


def standardised(
    name: str, mean: tuple[float, ...], deviation: tuple[float, ...], factor: float = 1 / 255
) -> PixelValues:
    """Return the scaling (pixel * factor - mean) / deviation."""
    scale = tuple(float(factor / each) for each in deviation)
    return PixelValues(name, scale, tuple(float(-m / d) for m, d in zip(mean, deviation, strict=True)))


def usual_values(channels: int) -> tuple[PixelValues, ...]:
    """Return the scalings that networks are usually made for."""
    ones = (1.0,) * channels
    usual = (
        PixelValues("0..255", ones, (0.0,) * channels),
        standardised("0..1", (0.0,) * channels, ones),
        standardised("-1..1", (0.5,) * channels, (0.5,) * channels),
    )
    if channels != 3:
        return usual
    return (
        *usual,
        standardised("ImageNet mean and deviation", *IMAGENET),
        PixelValues("BGR less ImageNet's mean (caffe)", ones, tuple(-each for each in CAFFE_MEAN), bgr=True),
        standardised("CLIP mean and deviation", *CLIP),
    )
