"""The workbench of a notebook, on a workspace with small checkpoints."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import siamese_core
from helpers.paths import ROOT
from helpers.samples import image_file
from siamese_core import Workbench
from siamese_core.errors import UserError

HOSTILE = '<script>alert("1")</script>'


def test_the_public_name_brings_neither_gradio_nor_tensorflow():
    code = "import sys; from siamese_core import Workbench; print(*{n.split('.')[0] for n in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "siamese_core" in loaded
    assert not {"gradio", "tensorflow", "plotly"} & loaded


def test_the_package_names_what_it_offers_and_nothing_else():
    assert "Workbench" in dir(siamese_core)
    with pytest.raises(AttributeError, match="Workshop"):
        _ = siamese_core.Workshop


def test_every_kind_of_image_is_the_same_image(workbench, drawings):
    file = drawings[0]
    kinds = (str(file), file, file.read_bytes(), Image.open(file), np.array(Image.open(file).convert("RGB")))
    ids = {workbench.compare(kind, drawings[1]).left_id for kind in kinds}
    assert len(ids) == 1
    assert workbench.compare(ids.pop(), drawings[1]).same == workbench.compare(file, drawings[1]).same


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("nowhere.png", "nowhere.png, which is not there"),
        ("0" * 64, "must be in the workspace"),
        (b"no image", "Received: an image without a name, 8 bytes"),
        (np.zeros((4, 4)), "float64 (4, 4)"),
        (3, "Received: int"),
    ],
)
def test_what_is_no_image_is_told_in_words(workbench, drawings, image, words):
    with pytest.raises(UserError) as caught:
        workbench.compare(drawings[0], image)
    assert words in str(caught.value)
    (line,) = caught.value._render_traceback_()  # in place of a traceback of our own code
    assert line == f"UserError: {caught.value}"


def test_a_comparison_is_a_table_a_figure_and_html(workbench, drawings):
    compared = workbench.compare(*drawings[:2])
    table = compared.to_frame()
    assert table["encoder"].tolist() == list(compared.similarity) == ["koch", "resnet50"]
    assert table["similarity"].tolist() == list(compared.similarity.values())
    assert list(compared.plot().data[0].x) == list(compared.similarity.values())
    html = compared._repr_html_()
    assert html.count("data:image/png;base64,") == 2
    assert all(f"{each:.2f}" in html for each in compared.similarity.values())


def test_a_support_set_is_a_dict_pairs_or_a_folder_and_its_names_are_escaped(workbench, drawings, tmp_path):
    first, second, third, fourth = drawings[:4]
    for name, files in (("alu", (second, third)), ("beko", (fourth,))):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file.name).write_bytes(file.read_bytes())
    sets = ({"alu": [second, third], "beko": fourth}, [("alu", second), ("alu", third), ("beko", fourth)])
    tables = [workbench.one_shot(first, each).to_frame() for each in (*sets, tmp_path)]
    for table in tables[1:]:
        assert table[["encoder", "rank", "class"]].equals(tables[0][["encoder", "rank", "class"]])
        assert np.allclose(table["similarity"], tables[0]["similarity"], atol=1e-4)
    hostile = workbench.one_shot(first, {HOSTILE: second, "beko": fourth})
    assert HOSTILE in hostile.to_frame()["class"].tolist()
    assert HOSTILE not in hostile._repr_html_()
    assert "&lt;script&gt;" in hostile._repr_html_()
    with pytest.raises(UserError, match="Name the class"):
        workbench.one_shot(first, [second, fourth])


def test_what_is_found_can_be_answered_by_its_id(workbench, drawings):
    found = workbench.find(drawings[0], among=drawings[1:4], top=2)
    table = found.to_frame()
    assert table.groupby("encoder").size().tolist() == [2, 2]
    assert workbench.answer(found.query_id, table["image_id"][0], "different", "Ada")
    assert "data:image" in found._repr_html_()
    with pytest.raises(UserError, match="top is a whole number"):
        workbench.find(drawings[0], drawings[1:], top=0)


def test_a_missing_file_among_others_is_named(workbench, drawings):
    found = workbench.find(drawings[0], among=[drawings[1], "nowhere.png"])
    assert any("nowhere.png" in note or "left out" in note for note in found.notes)


def test_the_class_of_a_query_is_answered_by_the_pairs_that_it_implies(workbench, drawings):
    ranked = workbench.one_shot(drawings[0], {"alu": drawings[1], "beko": drawings[2]})
    ids = workbench.answer_class(ranked, "alu", "Ada")
    assert set(ids) <= set(workbench.answers()["label_id"])


def test_answers_are_a_typed_table_and_can_be_taken_back(workbench):
    left, right = (image_file(np.full((20, 20, 3), shade, np.uint8)) for shade in (10, 200))
    label_id = workbench.answer(left, right, "different", annotator="Bea")
    answers = workbench.answers().set_index("label_id")
    row = answers.loc[label_id]
    assert (row["answer"], row["annotator"], row["source"]) == ("different", "Bea", "api")
    assert answers["created_at"].dt.tz is not None
    assert answers["koch_similarity"].dtype == float
    workbench.undo(label_id, "Bea")
    assert label_id not in set(workbench.answers()["label_id"])


def test_an_unknown_encoder_is_told_with_the_choices(workbench, drawings):
    with pytest.raises(UserError, match="koch, .*Received: kock"):
        workbench.compare(*drawings[:2], encoders=["kock"])


def test_a_closed_workbench_says_so_and_can_be_opened_again(workbench):
    with Workbench(workbench.workspace) as other:
        assert other.status().labels == workbench.status().labels
        assert "koch" in other.status()._repr_html_()
    with pytest.raises(UserError, match="closed"):
        other.status()
