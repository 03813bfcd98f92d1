"""What the Map tab draws and asks, without a browser."""

import numpy as np
import pytest

from helpers.labelling import drawn_classes
from helpers.small_checkpoints import promote_small, small_checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.page.map.arrows import map_arrows
from siamese_core.page.map.points import map_points, numbered
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench


def test_names_are_numbered_with_the_largest_first():
    assert numbered(["a", "b", "", "b"]) == ([2, 1, 0, 1], ["", "b", "a"])
    value, names = numbered([f"class {place}" for place in range(40)])
    assert len(names) == 20 and value.count(0) == 21


def test_a_map_has_a_point_an_image_with_its_class_its_answers_or_its_similarity(tmp_path, monkeypatch):
    drawn_classes(tmp_path / "images")
    workbench = Workbench(promote_small(tmp_path / "workspace", "koch", "resnet50"))
    pool = Pool(workbench)
    with pytest.raises(UserError, match="Add a folder in Label first"):
        map_points(pool, "koch", "class")
    embed(pool, tmp_path / "images")

    found = map_points(pool, "koch", "class")
    ids = found["ids"]
    assert len(ids) == len(found["x"]) == len(found["y"]) == len(found["value"]) > 10
    assert set(map(abs, found["x"] + found["y"])) <= set(np.round(np.linspace(0, 1, 10001), 4).tolist())
    workbench.answer(ids[0], ids[1], "same", Annotator("Anne", "1"))
    answered = map_points(pool, "koch", "answered")
    assert [answered["value"][:2], sum(answered["value"])] == [[1, 1], 2]
    alike = map_points(pool, "koch", "similarity", ids[3])
    assert not alike["names"] and alike["value"][3] == max(alike["value"])
    with pytest.raises(UserError, match="needs an image"):
        map_points(pool, "koch", "similarity", "nonsense")
    assert (alike["x"], alike["y"]) == (found["x"], found["y"])
    judged = map_points(pool, "koch", "checkpoint")
    assert sorted(judged["value"])[-3:] == [0, 1, 1] and len(judged["names"]) == 2

    with pytest.raises(UserError, match="both checkpoints have embedded"):
        map_arrows(pool, "koch")  # the one before is the shipped one, which has embedded nothing
    another = save_checkpoint(
        small_checkpoint(7), workbench.checkpoints.new_folder("small_cnn"), quantise=True
    )
    workbench.checkpoints.promote(another.id, "koch")
    workbench.matcher.follow().join()
    pool.work()
    arrows = map_arrows(pool, "koch")
    assert len(arrows["ids"]) == len(arrows["x"]) == len(arrows["y"]) > 0
    assert set(arrows["ids"]) <= set(ids) and f"of {len(ids)} images moved" in arrows["told"]


def embed(pool: Pool, folder) -> None:
    """Import a folder of images and wait until all are embedded."""
    pool.files.add_folder(folder)
    pool.work()
