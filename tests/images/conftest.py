"""Recordings of the same characters, made once for all tests of ink."""

import numpy as np
import pytest

from helpers.characters import drawings
from helpers.samples import as_scan, on_dark_canvas, pencil_photograph


@pytest.fixture(scope="session")
def recordings() -> dict[str, list[np.ndarray]]:
    """The same characters as a scan, a canvas and a photograph of a pencil drawing."""
    rng = np.random.default_rng(1)
    drawn = drawings()
    return {
        "scan": [as_scan(one) for one in drawn],
        "canvas": [on_dark_canvas(one) for one in drawn],
        "pencil": [pencil_photograph(one, rng) for one in drawn],
    }
