"""What is said of the images to label."""

import pytest

from siamese_core.data.left_out import LeftOut, PassedOver
from siamese_core.errors import UserError
from siamese_core.labelling.pool import PoolProgress
from siamese_core.page.label.pool_bar import MOST_NAMED, checked_files, duration, pool_bar

HALF = PoolProgress(1000, 600, 20, 580, 400, True, 75.2, None)


def test_the_work_is_told_with_what_is_left_of_it():
    drawn = pool_bar(HALF, {})
    assert "400 of 980 embedded, about 75 s left" in drawn and 'aria-valuenow="51"' in drawn
    assert "20 that cannot be read" in drawn


def test_when_all_is_done_the_bar_is_gone():
    drawn = pool_bar(PoolProgress(1000, 1000, 20, 980, 980, False, None, None), {})
    assert "980 images, all embedded, 20 that cannot be read" in drawn and "progressbar" not in drawn


def test_images_that_are_set_aside_are_counted():
    drawn = pool_bar(PoolProgress(10, 10, 0, 10, 10, False, None, None, set_aside=3), {})
    assert "10 images, all embedded, 3 set aside" in drawn


def test_what_cannot_be_read_is_named_with_the_reason():
    files = [PassedOver("a<b.png", "unreadable", "cut off"), PassedOver("c.heic", ".heic")]
    left_out = LeftOut((*files, *(PassedOver(f"{number}.txt", ".txt") for number in range(MOST_NAMED))))
    drawn = pool_bar(PoolProgress(9, 9, 3, 6, 6, False, None, None, left_out), {})
    assert "<summary>Left out: 20 .txt, 1 unreadable (a&lt;b.png), 1 .heic" in drawn
    assert "<li>a&lt;b.png: cut off</li><li>c.heic: .heic</li>" in drawn and "<li>2 more</li>" in drawn
    assert "<details" not in pool_bar(HALF, {})


def test_before_it_starts_nothing_is_called_embedded():
    drawn = pool_bar(PoolProgress(108, 0, 0, 0, 0, False, None, None), {})
    assert (
        "all embedded" not in drawn and "0 of 108 embedded; it goes on when the encoders are ready" in drawn
    )


def test_an_empty_pool_says_how_to_fill_it():
    assert "--images DIR" in pool_bar(PoolProgress(0, 0, 0, 0, 0, False, None, None), {})


def test_why_it_stopped_is_told_escaped():
    assert "&lt;full&gt;" in pool_bar(PoolProgress(5, 1, 0, 1, 1, False, None, "the disk is <full>"), {})


def test_an_encoder_that_never_saw_such_images_is_named():
    drawn = pool_bar(HALF, {"koch": "Trained on handwriting, asked about photographs"})
    assert "<b>Koch CNN / EfficientNet-Lite2</b>: Trained on handwriting" in drawn


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (240, "4 min"), (9000, "2.5 h")])
def test_a_duration_is_told_as_people_do(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("sent", [None, [], "x", [{"path": "/etc/passwd", "name": "x.png"}], [7], [{}]])
def test_no_path_but_of_an_upload_is_taken(sent, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with pytest.raises(UserError, match="upload"):
        checked_files(sent)
