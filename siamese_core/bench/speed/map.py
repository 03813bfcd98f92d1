"""Benchmark `map`: project 5,000 images, and pan 100,000 points in a browser that renders in software.

The points are drawn by the page's own script in the page of a running server, which gets them from the
benchmark in place of the server: nobody waits there for 100,000 images to be embedded.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np

from siamese_core.bench.speed.benchmark import Benchmark, LoadModel, timed
from siamese_core.bench.speed.gallery import mixtures
from siamese_core.bench.speed.server import serving
from siamese_core.errors import UserError
from siamese_core.retraining.replay import Replay
from siamese_core.searching.projection import project

PROJECTED, TARGET_S = 5000, 20.0
PANNED, SECONDS, TARGET_FRAMES = 100_000, 3.0, 30.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# WebGL without a graphics card, by SwiftShader
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader"]
FLAGS += ["--enable-unsafe-swiftshader"]
DRAWN = """async (count) => {
  const x = [], y = [], value = [], ids = [];
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  for (let i = 0; i < count; i += 1) {
    const group = i % 20;
    x.push(0.7 * Math.cos(group) + 0.1 * normal());
    y.push(0.7 * Math.sin(2 * group) + 0.1 * normal());
    value.push(group);
    ids.push(String(i).padStart(64, "0"));
  }
  const names = ["", ...Array.from({ length: 19 }, (_, place) => `class ${place}`)];
  const map = workbench.map.shown;
  map.server = { ...map.server, points: async () => ({ ids, x, y, value, names }) };
  await map.draw();
}"""
# The mouse drags a little in each frame. A pixel of the last one is read, which waits until it is drawn.
PANNING = """(seconds) => new Promise((done) => {
  const canvas = document.querySelector(".map canvas");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const move = (kind, step) => canvas.dispatchEvent(new MouseEvent(kind, { bubbles: true, buttons: 1,
    view: window, clientX: x + 60 * Math.sin(step / 8), clientY: y + 40 * Math.cos(step / 8) }));
  let frames = 0;
  let drawn = 0;
  const counting = workbench.map.shown.scatter.subscribe("draw", () => { drawn += 1; });
  move("mousedown", 0);
  const start = performance.now();
  const step = () => {
    move("mousemove", frames);
    frames += 1;
    if (performance.now() - start < 1000 * seconds) return requestAnimationFrame(step);
    canvas.getContext("2d").getImageData(0, 0, 1, 1);
    move("mouseup", frames);
    done([frames, drawn, (performance.now() - start) / 1000]);
  };
  requestAnimationFrame(step);
})"""


def measure(load_model: LoadModel) -> list[Benchmark]:
    """Measure both; `n` is the number of images, and of points."""
    drawings = load_model().embed(Replay().images)
    rows = mixtures(drawings, PROJECTED, np.random.default_rng(0))
    seconds, _ = timed(lambda: project(rows))
    drawn, took = panned(PANNED)
    per_second = drawn / took
    return [
        Benchmark("map", seconds, TARGET_S, PROJECTED, seconds / TARGET_S, "at most 1"),
        Benchmark("map panning", took / max(drawn, 1), 1 / TARGET_FRAMES, PANNED, per_second, "at least 30"),
    ]


def panned(count: int) -> tuple[int, float]:
    """Pan so many points for `SECONDS`; return the frames that were drawn, and in how many seconds.

    UserError where there is no browser, or nothing that drives it.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if browser is None:
        raise UserError(
            "bench map pans in Chromium, which playwright drives. Received: not both. Install them: "
            "apt-get install chromium; pip install playwright."
        )
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, sync_playwright() as tool:
        server.seconds_until("/")
        running = tool.chromium.launch(executable_path=browser, args=FLAGS)
        page = running.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"http://127.0.0.1:{server.port}/?tab=map")
        page.wait_for_function("window.workbench?.map?.shown?.scatter", timeout=120_000)
        page.evaluate(DRAWN, count)
        page.evaluate(PANNING, SECONDS / 3)  # the first frames compile the shaders
        frames, drawn, seconds = page.evaluate(PANNING, SECONDS)
        running.close()
    return min(frames, drawn), seconds
