"""The example page runs an export in a browser, with onnxruntime-web, and gets what Python gets."""

import base64
import contextlib
import hashlib
import http.server
import shutil
import tarfile
import threading
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.commands import process
from helpers.paths import ROOT

SAMPLES = [
    ROOT / "assets" / "samples" / "pairs" / f"1_same_two_hands_{side}.png" for side in ("left", "right")
]
# of the package at registry.npmjs.org, as its page there names it
VERSION = "1.30.0"
PACKAGE = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
SHA_512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
EQUAL = 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The example with what it needs beside it: an export and three files of onnxruntime-web."""
    folder = tmp_path_factory.mktemp("browser")
    try:
        with urllib.request.urlopen(PACKAGE, timeout=60) as answer:
            package = answer.read()
    except (urllib.error.URLError, TimeoutError) as problem:
        pytest.skip(f"registry.npmjs.org cannot be reached: {problem}")
    assert base64.b64encode(hashlib.sha512(package).digest()).decode() == SHA_512
    (folder / "onnxruntime-web").mkdir()
    with tarfile.open(fileobj=BytesIO(package)) as archive:
        for name in FILES:
            content = archive.extractfile(f"package/dist/{name}").read()
            (folder / "onnxruntime-web" / name).write_bytes(content)
    shutil.copy(ROOT / "siamese_core" / "exporting" / "browser.html", folder)
    workspace, file = tmp_path_factory.mktemp("workspace"), folder / "network.onnx"
    asked = [
        "--workspace",
        workspace,
        "export",
        "koch",
        "--domain",
        "photographs",
        "--format",
        "onnx",
        "--out",
        file,
    ]
    assert process(*asked).returncode == 0
    return folder


@pytest.fixture
def address(folder):
    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(folder), **kwargs)

        def log_message(self, *args) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with contextlib.ExitStack() as ending:
            ending.callback(thread.join)
            ending.callback(server.shutdown)
            yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.soak
@pytest.mark.browser
def test_the_browser_gets_what_python_gets(page, folder, address, screenshots):
    import onnxruntime

    page.goto(f"{address}/browser.html")
    page.get_by_text("is ready").wait_for(timeout=60_000)
    for side, file in zip(("left", "right"), SAMPLES, strict=True):
        page.set_input_files(f"#{side}", file)
    page.get_by_text("by two embeddings").wait_for(timeout=60_000)
    page.screenshot(path=screenshots / "export_in_the_browser.png")
    script = "({similarity: compared.similarity, embeddings: compared.embeddings.map((each) => [...each])})"
    found = page.evaluate(script)

    left, right = (np.asarray(Image.open(file).convert("RGB"))[None] for file in SAMPLES)
    embedding = onnxruntime.InferenceSession(folder / "network.embedding.onnx")
    for images, there in zip((left, right), found["embeddings"], strict=True):
        here = embedding.run(["embedding"], {"images": images})[0][0]
        assert np.abs(here - there).max() <= EQUAL * np.abs(here).max()
    comparison = onnxruntime.InferenceSession(folder / "network.onnx")
    (similarity,) = comparison.run(["similarity"], {"left": left, "right": right})
    assert found["similarity"] == pytest.approx(float(similarity[0]), abs=EQUAL)
    assert f"{similarity[0]:.4f}"[:5] in page.locator("output").inner_text()
