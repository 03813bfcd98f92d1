"""The one reader of uploads: what the page's scripts, gradio's components and programs send."""

import numpy as np
import pytest
from gradio.data_classes import ImageData

from helpers.browsing import glyph
from siamese_core.errors import UserError
from siamese_core.page.parts.uploads import MAX_FILE_NAME, PageImage, Unreadable, received


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """The upload folder, with a picture and a text in it; a picture lies beside it."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    (folder / "picture.png").write_bytes(glyph(1))
    (folder / "text.png").write_bytes(b"no image")
    (tmp_path / "secret.png").write_bytes(glyph(1))
    return folder


def test_scripts_and_gradio_name_a_file_each_in_its_own_way(uploads):
    path = str(uploads / "picture.png")
    for sent in ({"path": path, "name": "a.png"}, {"path": path, "orig_name": "a.png", "meta": {}}):
        upload = received(sent)
        assert upload.name == "a.png" and upload.image().dtype == np.uint8
    assert received({"path": path}).name == "" and received({"path": path, "name": 7}).name == ""
    assert len(received({"path": path, "name": "x" * 1000}).name) == MAX_FILE_NAME


@pytest.mark.parametrize("path", ["../secret.png", "", None, 7, "missing.png", ".", "\0", "a" * 5000])
def test_a_path_that_no_upload_gave_is_refused(uploads, path):
    sent = {"path": f"{uploads}/{path}" if isinstance(path, str) and path else path, "name": "x.png"}
    with pytest.raises(UserError, match="must be uploaded first"):
        received(sent)


@pytest.mark.parametrize("sent", [None, 7, [], "x", {}])
def test_what_is_no_file_is_refused(uploads, sent):
    with pytest.raises(UserError, match="must be uploaded first"):
        received(sent)


def test_a_file_that_is_no_image_is_named_as_the_person_calls_it(uploads):
    with pytest.raises(UserError, match="drawing.png"):
        received({"path": str(uploads / "text.png"), "name": "drawing.png"}).image()


def test_a_picture_place_gives_the_image_or_why_there_is_none(uploads):
    place = PageImage(render=False)
    assert place.preprocess(None) is None
    good = ImageData(path=str(uploads / "picture.png"), orig_name="a.png")
    assert place.preprocess(good).shape == (105, 105, 3)
    bad = place.preprocess(ImageData(path=str(uploads / "text.png"), orig_name="a.png"))
    assert isinstance(bad, Unreadable) and "a.png" in bad.reason
