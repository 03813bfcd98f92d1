"""Which samples the page offers: drawings always, gradio's photos where they are installed."""

import pytest

from siamese_core.errors import UserError
from siamese_core.page.compare.tab import samples_strip
from siamese_core.page.parts import samples
from siamese_core.page.parts.samples import MISTAKE, sample_file, sample_pairs


def test_photos_show_what_works_and_one_marked_mistake():
    photos = [pair for pair in sample_pairs() if pair.left.startswith("photos:")]
    assert [pair.mistake for pair in photos] == ["", "", MISTAKE]
    assert all(sample_file(name).is_file() for pair in photos for name in (pair.left, pair.right))
    drawn = samples_strip(photos[-2:])
    assert drawn.count('class="mistake"') == 1
    assert f'aria-label="Sample pair: lion and cheetah. {MISTAKE}"' in drawn


def test_without_photos_the_strip_shows_the_drawings(monkeypatch, tmp_path):
    monkeypatch.setattr(samples, "PHOTOS", tmp_path)
    assert {pair.left.partition(":")[0] for pair in sample_pairs()} == {"pairs"}
    with pytest.raises(UserError, match="must be one that the page shows"):
        sample_file("photos:lion.jpg")
