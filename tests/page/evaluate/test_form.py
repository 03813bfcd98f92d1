"""What the form sends is checked; data comes from uploads, never from a path."""

import json

import numpy as np
import pytest

from helpers.samples import image_file, stroke_glyph
from helpers.workspaces import noise
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.pool_files import PoolImage
from siamese_core.page.evaluate.form import checked_uploads, chosen_data, uploaded_data, wish_of
from siamese_core.page.languages.chosen import speaking
from siamese_core.page.parts.plot_places import plot_data, told_sentences
from siamese_core.reporting.drawing.look import Plot, figure
from siamese_core.reporting.drawing.sentences import sentence
from siamese_core.reporting.sources import POOL
from siamese_core.workspace.workbench import Workbench

GOOD = (5, 1, 100, 200, 0, False, True, [])


def test_the_settings_become_those_of_the_command_line():
    wish = wish_of(5.0, 2, 100, 200, 7, True, False, ["koch-1"])
    settings = wish.settings
    assert (settings.n_way, settings.k_shot, settings.episodes) == (5, 2, 100)
    assert (settings.pairs, settings.seed, settings.within_group) == (200, 7, True)
    assert not settings.baselines and wish.others == ("koch-1",)


@pytest.mark.parametrize(("place", "value"), [(0, 51), (0, None), (1, 0), (2, True), (3, "many"), (4, -1)])
def test_a_setting_that_the_form_cannot_send_is_refused(place, value):
    with pytest.raises(UserError, match="is a number from"):
        wish_of(*(value if number == place else each for number, each in enumerate(GOOD)))
    with pytest.raises(UserError, match="At most 3"):
        wish_of(*GOOD[:-1], ["a"] * 4)


def test_a_path_that_no_upload_gave_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "pairs.csv").write_text("secret")
    for sent in ([{"path": str(tmp_path / "pairs.csv"), "name": "a/x.png"}], [], None, ["a"]):
        with pytest.raises(UserError, match="must be uploaded first"):
            checked_uploads(sent)


def test_uploads_are_class_folders_or_one_zip(tmp_path):
    rng = np.random.default_rng(0)
    files = []
    for name in ("faces/ada/1.png", "faces/ada/2.png", "faces/bob/1.png"):
        file = tmp_path / name.replace("/", "_")
        file.write_bytes(image_file(stroke_glyph(rng, 32)))
        files.append((file, name))
    found = uploaded_data(files)
    assert (found.name, found.counts()["classes"]) == ("faces", 2)
    for wrong in ([], [(tmp_path / "gone.zip", "gone.zip")], [*files, (files[0][0], "more.zip")]):
        with pytest.raises(UserError):
            uploaded_data(wrong)


def test_the_sample_drawings_are_measured_on_where_nothing_else_is_chosen():
    assert chosen_data(None, None, "samples", []).counts()["images"] == 400


def test_what_is_set_aside_is_not_measured_on(tmp_path):
    workbench = Workbench(tmp_path)
    pool = Pool(workbench)
    ids = [workbench.images.add(image) for image in noise(3)]
    pool.images = lambda: [PoolImage(each, f"c{n}/{n}.png", f"c{n}") for n, each in enumerate(ids)]
    pool.files.set_aside.decide(ids[1:2], True)
    assert chosen_data(workbench, pool, POOL, []).classes == ("c0", "c2")


def test_a_figure_comes_with_its_configuration():
    plot = Plot("roc", "ROC", figure(), (), None)
    assert '"displayModeBar": false' in plot_data(plot).plot


def test_what_a_plot_shows_is_said_in_the_reader_s_language():
    confused = "{right} taken for {picked} {count} times"
    most = tuple(sentence(confused, right=name, picked="b", count=2) for name in "ac")
    told = (
        sentence("{errors} of {trials} trials are wrong. Most often: {most}.", errors=1, trials=9, most=most),
        sentence(
            "{model}: {share} of {pairs} pairs on the right side of it.",
            model="Both fused",
            share="9 %",
            pairs=8,
        ),
    )
    drawn = figure().add_scatter(x=[1], y=[1], hovertemplate="threshold 0.50<extra>Both fused</extra>")
    plot = Plot("roc", "ROC", drawn, told, None)
    english = (
        "1 of 9 trials are wrong. Most often: a taken for b 2 times; c taken for b 2 times. "
        "Both fused: 9 % of 8 pairs on the right side of it."
    )
    assert plot.words == told_sentences(plot) == english
    with speaking("ko"):
        assert told_sentences(plot).endswith("둘을 합침: 8쌍 중 9%이(가) 선의 맞는 쪽에 있습니다.")
        (point,) = json.loads(plot_data(plot).plot)["data"]
    assert point["hovertemplate"] == "임계값 0.50<extra>둘을 합침</extra>"
