"""A place for a picture in a real browser: which part of the camera's picture is stored."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from conftest import CHROMIUM_FLAGS
from helpers.browsing import open_page
from helpers.chromium import find_chromium

WIDTH, HEIGHT = 320, 240
# The grey levels of an <img> at 15 % and 85 % of its width, halfway down.
BOTH_SIDES = """(image) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 240});
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0, 320, 240);
  return [48, 272].map((x) => pen.getImageData(x, 120, 1, 1).data[0]);
}"""
pytestmark = pytest.mark.browser


def film(file: Path) -> Path:
    """A film in which a white mark stands on the left of a dark ground."""
    light = np.full((HEIGHT, WIDTH), 40, np.uint8)
    light[80:160, 20:80] = 235
    colours = np.full(HEIGHT // 2 * (WIDTH // 2) * 2, 128, np.uint8)
    frame = b"FRAME\n" + light.tobytes() + colours.tobytes()
    file.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420\n" % (WIDTH, HEIGHT) + 10 * frame)
    return file


@pytest.fixture
def camera_page(browser, quick_app, tmp_path):
    """The page in a browser whose camera shows the film."""
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film(tmp_path / 'camera.y4m')}",
    ]
    running = browser.browser_type.launch(executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *camera])
    try:
        yield open_page(running.new_page(), quick_app.url)
    finally:
        running.close()


def test_the_picture_of_a_camera_is_what_the_lens_saw_and_no_mirror_image(camera_page):
    place = camera_page.locator("#left")
    place.get_by_label("Capture from camera").click()
    place.get_by_text("Click to Access Webcam").click()
    camera_page.wait_for_function("document.querySelector('#left video')?.videoWidth > 0")
    place.get_by_label("capture photo").click()
    picture = place.locator("img")
    expect(picture).to_be_visible()
    picture.evaluate("image => image.decode()")
    left, right = picture.evaluate(BOTH_SIDES)
    assert left > 200 and right < 80
    assert picture.get_attribute("src").endswith(".png"), "nothing is lost to compression"
