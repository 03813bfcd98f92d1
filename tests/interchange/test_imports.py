"""Small files made by hand in each format, as other programs write them."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from helpers.samples import texture
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.interchange.formats import FORMATS, images_folder
from siamese_core.interchange.imports import import_answers, write_classes


@pytest.fixture
def take(folder, log, images):
    """`take(format, content, name)`: write a file of this content into `folder`, and import it."""

    def take(form: str, content: object, name: str = "file.json"):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return import_answers(FORMATS[form].read(file), log, images, images_folder(file))

    return take


@pytest.fixture
def ids() -> dict[str, str]:
    return {name: image_id(texture(20, 24, seed)) for seed, name in enumerate("abcd")}


def answers(log, ids) -> list[tuple[str, str, str]]:
    names = {each: name for name, each in ids.items()}
    return [(names.get(row.left_id, "?"), names.get(row.right_id, "?"), row.answer) for row in log.rows()]


def choice(said: str, **further) -> dict:
    result = {"type": "choices", "from_name": "answer", "to_name": "left", "value": {"choices": [said]}}
    return {"result": [result], **further}


def test_tasks_of_label_studio_are_answers_of_each_annotator(take, log, ids):
    tasks = [
        {
            "id": 1,
            "data": {
                "left": "/data/upload/3/0a1b2c3d-a.png",
                "right": "/data/local-files/?d=server/photos/b.png",
            },
            "annotations": [
                choice("Same", completed_by=7, created_at="2026-01-02T03:04:05.678901Z"),
                choice("different", completed_by={"id": 8, "email": "bo@example.org"}),
                choice("same", was_cancelled=True),
            ],
        },
        {"data": {"text": "x", "img": "photos/c.png", "other": "https://example.org/photos/d.png?size=2"}}
        | {"annotations": [choice("Not sure")]},
    ]
    report = take("label-studio", tasks)
    assert (report.added, report.rejected) == (3, [])
    assert report.notes == ("1 annotations that were skipped or cancelled are passed over",)
    assert answers(log, ids) == [("a", "b", "same"), ("a", "b", "different"), ("c", "d", "unsure")]
    first, second, _ = log.rows()
    assert (first.annotator, first.created_at) == ("7", "2026-01-02T03:04:05.678901Z")
    assert (second.annotator, second.source, second.event) == ("bo@example.org", "import", "label")
    assert take("label-studio", tasks).added == 0


def test_the_flat_form_of_label_studio_and_embedded_images_are_read(take, folder, log, ids):
    embedded = base64.b64encode((folder / "photos" / "b.png").read_bytes()).decode()
    images = {"left": "photos/a.png", "right": f"data:image/png;base64,{embedded}"}
    assert take("label-studio", [{"id": 5, "same_or_not": "same"} | images]).added == 1
    assert answers(log, ids) == [("a", "b", "same")]


def test_what_is_wrong_with_a_task_is_told_with_its_place(take, log, ids):
    pairwise = {"result": [{"type": "pairwise", "value": {"selected": "left"}}]}
    good = {"left": "photos/a.png", "right": "photos/b.png"}
    tasks = [
        {"data": good, "annotations": [choice("same")]},
        {"data": {"left": "photos/a.png"}, "annotations": [choice("same")]},
        {"data": good | {"right": "https://[gone.png"}, "annotations": [choice("same")]},
        {"data": good, "annotations": [choice("maybe"), pairwise, {"result": []}]},
        {"data": good, "annotations": {}},
        7,
    ]
    report = take("label-studio", tasks)
    assert report.added == 1
    expected = (
        ("tasks[1]: ", "names two images"),
        ("tasks[3].annotations[1]: ", "a pairwise tag says which image is preferred (left)"),
        ("tasks[3].annotations[2]: ", "one choice, same or different, received none"),
        ("tasks[4]: ", "'annotations' is a list of objects, received {}"),
        ("tasks[5]: ", "a task is an object with 'data', received 7"),
        ("tasks[2].annotations[0]: right_id: ", "there is no image 'https://[gone.png'"),
        ("tasks[3].annotations[0]: ", "answer must be one of same, different, unsure, received 'maybe'"),
    )
    assert len(report.rejected) == len(expected)
    for rejected, (place, words) in zip(report.rejected, expected, strict=True):
        assert rejected.why.startswith(place) and words in rejected.why


def coco(*annotations: tuple[str, str, list | None]) -> dict:
    """COCO of (file, category, box) each."""
    files = list(dict.fromkeys(file for file, _, _ in annotations))
    names = list(dict.fromkeys(name for _, name, _ in annotations))
    return {
        "images": [
            {"id": 10 + at, "file_name": file, "width": 24, "height": 20} for at, file in enumerate(files)
        ],
        "categories": [{"id": 1 + at, "name": name} for at, name in enumerate(names)],
        "annotations": [
            {"id": at, "image_id": 10 + files.index(file), "category_id": 1 + names.index(name)}
            | ({"bbox": box, "iscrowd": 0} if box else {})
            for at, (file, name, box) in enumerate(annotations)
        ],
    }


def test_boxes_of_coco_become_cut_outs_whose_classes_imply_pairs(take, log, images):
    content = coco(
        ("a.png", "cat", [0, 0, 12, 20]),
        ("b.png", "cat", None),
        ("c.png", "dog", [2.4, 3.6, 10, 9.5]),
        ("a.png", "dog", [12, 0, 12, 20]),
    )
    report = take("coco", content, "annotations/instances_default.json")
    assert report.rejected == []
    same = [row for row in log.rows() if row.answer == "same"]
    assert [row.note for row in same] == ["cat", "dog"]
    assert {row.note for row in log.rows() if row.answer == "different"} <= {"cat and dog", "dog and cat"}
    whole = texture(20, 24, 0)
    assert (same[0].left_id, same[0].right_id) == (image_id(whole[:, :12]), image_id(texture(20, 24, 1)))
    assert same[1].right_id == image_id(np.ascontiguousarray(whole[:, 12:]))
    assert images.read(same[1].left_id).shape == (9, 10, 3)
    assert take("coco", content, "annotations/instances_default.json").added == 0


def test_a_box_in_a_large_image_is_cut_out_of_the_file_itself(take, folder, log, images):
    large = np.zeros((40, 3000, 3), np.uint8)
    large[10:30, 1500:1520] = texture(20, 20, 7)
    Image.fromarray(large).save(folder / "photos" / "large.png")
    content = coco(("large.png", "one", [1500, 10, 20, 20]), ("a.png", "one", None))
    content["images"][0] |= {"width": 3000, "height": 40}
    assert take("coco", content).added == 1
    assert log.rows()[0].left_id == image_id(texture(20, 20, 7))


def test_what_is_wrong_with_an_annotation_is_told_and_an_image_that_is_gone_once(take, log):
    content = coco(
        ("a.png", "cat", None), ("gone.png", "cat", None), ("b.png", "cat", None), ("c.png", "dog", None)
    )
    content["annotations"] += [
        {"image_id": 99, "category_id": 1},
        {"image_id": 10},
        {"image_id": 10, "category_id": 1, "bbox": [0, 0, -3, 4]},
        {"image_id": 10, "category_id": 1, "bbox": [40, 0, 3, 4]},
        {"image_id": 10, "category_id": 1, "iscrowd": 1},
    ]
    report = take("coco", content)
    assert [row.answer for row in log.rows()].count("same") == 1
    told = [each.why for each in report.rejected]
    assert [why.split(":")[0] for why in told] == [f"annotations[{at}]" for at in (4, 5, 6, 7, 1)]
    for why, words in zip(
        told, ("no image_id 99", "no 'category_id'", "bbox is", "outside", "gone.png"), strict=True
    ):
        assert words in why
    assert report.notes[0] == "1 annotations of crowds (iscrowd 1) are passed over"


@pytest.mark.parametrize("form", ["coco", "fiftyone"])
def test_classes_become_folders_that_training_reads(form, folder, images, tmp_path):
    content = {
        "coco": coco(("a.png", "a/cat", [0, 0, 12, 20]), ("b.png", "a/cat", None), ("c.png", "dog", None)),
        "fiftyone": {"classes": ["a/cat", "dog"], "labels": {"photos/a": 0, "b": "a/cat", "c": {"label": 1}}},
    }[form]
    (folder / "file.json").write_text(json.dumps(content))
    read = FORMATS[form].read(folder / "file.json")
    written, wrong = write_classes(read, images, folder, tmp_path / "classes")
    files = sorted(
        path.relative_to(tmp_path / "classes").as_posix() for path in (tmp_path / "classes").rglob("*.png")
    )
    assert (written, wrong) == (3, [])
    assert files == ["a_cat/000001-a.png", "a_cat/000002-b.png", "dog/000003-c.png"]
    with pytest.raises(UserError, match="Received: .*classes"):
        write_classes(read, images, folder, tmp_path / "classes")
    assert images.ids() == []


def test_labels_of_fiftyone_are_numbers_names_or_objects(take, log, ids):
    labels = {"photos/a": 0, "b": "cat", "c": {"label": 1, "confidence": 0.5}, "d": None}
    report = take("fiftyone", {"classes": ["cat", "dog"], "labels": labels}, "labels.json")
    assert (report.rejected, report.notes) == ([], ("1 images without a class are passed over",))
    found = answers(log, ids)
    assert ("a", "b", "same") in found
    assert {tuple(sorted(pair[:2])) for pair in found if pair[2] == "different"} <= {("a", "c"), ("b", "c")}
    wrong = {"a": 5, "b": ["cat", "dog"], "c": 1.5, "gone": "cat", "d": "dog"}
    told = [
        each.why for each in take("fiftyone", {"classes": ["cat", "dog"], "labels": wrong}, "x.json").rejected
    ]
    assert [why.split("]")[0] for why in told] == ["labels['a'", "labels['b'", "labels['c'", "labels['gone'"]
    assert "there are 2 classes, received number 5" in told[0]


def test_samples_of_fiftyone_have_their_class_in_a_field(take, folder, log, ids):
    def sample(name: str, **fields: object) -> dict:
        classes = {key: {"_cls": "Classification", "label": label} for key, label in fields.items()}
        return {"filepath": f"data/photos/{name}.png", "tags": [], **classes}

    samples = [
        sample("a", ground_truth="cat", predicted="dog"),
        sample("b", ground_truth="cat"),
        sample("c", one="cat", two="dog"),
        sample("d"),
        {"tags": []},
        sample("a", ground_truth=1.5),
    ]
    (folder / "photos").rename(folder / "moved")
    (folder / "data").mkdir()
    (folder / "moved").rename(folder / "data" / "photos")
    report = take("fiftyone", {"samples": samples}, "samples.json")
    assert answers(log, ids) == [("a", "b", "same")]
    assert [each.why.split(":")[0] for each in report.rejected] == ["samples[2]", "samples[4]", "samples[5]"]


def test_training_of_dedupe_is_read_with_and_without_its_tuples(take, log, ids):
    def record(name: str) -> dict:
        return {"title": name, "picture": f"photos/{name}.png", "price": 3}

    content = {
        "match": [
            {"__class__": "tuple", "__value__": [record("a"), record("b")]},
            [record("a"), {"title": "c"}],
        ],
        "distinct": [
            [{"image": "photos/a.png"}, "photos/c.png"],
            {"left": "photos/b.png", "right": "d.png"},
            [1],
        ],
    }
    report = take("dedupe", content)
    assert answers(log, ids) == [("a", "b", "same"), ("a", "c", "different"), ("b", "d", "different")]
    assert [each.why.split(":")[0] for each in report.rejected] == ["match[1]", "distinct[2]"]


def test_a_table_of_pairs_is_read_by_its_columns_whatever_they_are_called(take, log, ids):
    rows = ("photos/a.png;photos/b.png;1", "photos/a.png;c.png;0", "a.png;gone.png;1", "a.png;d.png;2")
    report = take("pairs", "\n".join(["fold;img1;img2;label", *(f"1;{row}" for row in rows)]), "pairs.csv")
    assert answers(log, ids) == [("a", "b", "same"), ("a", "c", "different")]
    assert [each.line for each in report.rejected] == [4, 5]
    assert report.notes == ("columns passed over: fold",)


@pytest.mark.parametrize(
    ("form", "content", "words"),
    [
        ("label-studio", '[{"data": }]', "line 1, column 11"),
        ("label-studio", {"tasks": []}, "a list of tasks"),
        ("label-studio", "[" * 100_000, "within each other"),
        ("coco", {"images": [], "annotations": []}, "without categories"),
        ("coco", [], "without images, annotations, categories"),
        ("fiftyone", {"labels": []}, '"classes" and "labels"'),
        ("dedupe", {"pairs": []}, '"distinct" and "match"'),
        ("dedupe", {"match": 3}, '"match" is a list of pairs'),
        ("pairs", "one,two\n1,2\n", "missing: left, right, same"),
    ],
)
def test_a_file_of_another_kind_is_told_in_one_line(take, log, form, content, words):
    with pytest.raises(UserError) as caught:
        take(form, content)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert log.rows() == []
