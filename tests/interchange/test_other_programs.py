"""What is exported goes through the other program's own library, and what that writes is taken in."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.samples import texture
from siamese_core.interchange.formats import FORMATS, images_folder
from siamese_core.interchange.imports import import_answers

pytestmark = pytest.mark.soak


def test_pycocotools_reads_groups_and_its_masks_become_cut_outs(export, folder, log, images):
    from pycocotools import mask as masks
    from pycocotools.coco import COCO

    file = export("coco") / "annotations.json"
    read = COCO(file)
    assert (len(read.getImgIds()), len(read.getCatIds())) == (5, 2)
    for annotation in read.loadAnns(read.getAnnIds()):
        assert read.annToMask(annotation).all()
        assert (file.parent / "images" / read.loadImgs(annotation["image_id"])[0]["file_name"]).is_file()
    square = np.zeros((20, 24), np.uint8, order="F")
    square[4:14, 6:18] = 1
    box = masks.toBbox(masks.encode(square)).tolist()
    dataset = {
        "images": [{"id": 1, "file_name": "photos/a.png", "width": 24, "height": 20}],
        "categories": [{"id": 3, "name": "square"}, {"id": 4, "name": "rest"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": box, "area": 120, "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 4, "bbox": [0, 0, 6, 20], "area": 120, "iscrowd": 0},
        ],
    }
    (folder / "made.json").write_text(json.dumps(dataset))
    made = COCO(folder / "made.json")
    (folder / "made.json").write_text(json.dumps(made.dataset))
    report = import_answers(FORMATS["coco"].read(folder / "made.json"), log, images, folder)
    assert (report.added, report.rejected) == (1, [])
    assert np.array_equal(images.read(log.rows()[-1].left_id), texture(20, 24, 0)[4:14, 6:18])


def test_dedupe_marks_exported_pairs_and_writes_some_that_are_taken_in(export, folder, log, images):
    import dedupe

    fields = [dedupe.variables.Exact("image_id"), dedupe.variables.Exact("image")]
    with (export("dedupe") / "training.json").open() as file:
        read = dedupe.serializer.read_training(file)
    marked = dedupe.Dedupe(fields)
    marked.mark_pairs(read)
    assert {key: len(pairs) for key, pairs in marked.training_pairs.items()} == {"match": 3, "distinct": 1}
    records = {name: {"title": name, "photo": f"photos/{name}.png"} for name in "abcd"}
    own = dedupe.Dedupe([dedupe.variables.String("title"), dedupe.variables.String("photo")])
    match, distinct = (records["a"], records["b"]), (records["c"], records["d"])
    own.mark_pairs({"match": [match], "distinct": [distinct]})
    with (folder / "theirs.json").open("w") as file:
        own.write_training(file)
    before = len(log.rows())
    report = import_answers(FORMATS["dedupe"].read(folder / "theirs.json"), log, images, folder)
    assert (report.added, report.rejected) == (2, [])
    assert [row.answer for row in log.rows()[before:]] == ["same", "different"]


def test_scikit_learn_fits_exported_pairs_and_pairs_of_its_digits_are_taken_in(export, log, images, tmp_path):
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    place = export("pairs")
    table = pd.read_csv(place / "pairs.csv")

    def brightness(name: str) -> float:
        return float(np.asarray(Image.open(place / name).convert("L")).mean())

    distance = [[abs(brightness(row.left) - brightness(row.right))] for row in table.itertuples()]
    assert LogisticRegression().fit(distance, table["same"]).predict(distance).shape == (4,)
    digits = load_digits()
    for place, image in enumerate(digits.images[:6]):
        Image.fromarray((15 * image).astype(np.uint8)).resize((32, 32)).save(tmp_path / f"{place}.png")
    pairs = [(i, j) for i in range(6) for j in range(i)]
    rows = [(f"{i}.png", f"{j}.png", int(digits.target[i] == digits.target[j])) for i, j in pairs]
    file = tmp_path / "made.csv"
    pd.DataFrame(rows, columns=["image1", "image2", "label"]).to_csv(file)
    before = len(log.rows())
    report = import_answers(FORMATS["pairs"].read(file), log, images, images_folder(file))
    assert (report.added, report.rejected) == (15, [])
    assert {row.answer for row in log.rows()[before:]} == {"different"}
