"""Groups of real images by the shipped checkpoints, before any answer: how pure they are."""

import os
from collections import Counter
from pathlib import Path

import pytest

from siamese_core.labelling.pool import Pool
from siamese_core.labelling.queue import Questions
from siamese_core.page.find.pool_groups import PoolGroups
from siamese_core.workspace.workbench import Workbench

FEWEST_PURE = 0.85  # of the images in groups, those of their group's largest class


@pytest.mark.data
@pytest.mark.soak
@pytest.mark.parametrize("domain", ["faces_orl", "photos_60", "products_lab", "dog_noses"])
def test_groups_of_real_images_are_mostly_of_one_class(domain, tmp_path):
    bench = Workbench(tmp_path / "workspace")
    pool = Pool(bench)
    pool.files.add_zip(Path(os.environ["SIAMESE_DATA"]) / f"{domain}.zip", f"{domain}.zip")
    pool.work()
    now = PoolGroups(Questions(bench, pool)).now()
    classes = {each.image_id: each.class_name for each in pool.images()}
    counts = [Counter(classes[each] for each in now.names(group)) for group in now.grouping.groups]
    images = sum(counted.total() for counted in counts)
    pure = sum(max(counted.values()) for counted in counts) / images
    whole = sum(counted.total() for counted in counts if len(counted) == 1)
    print(
        f"{domain}: {len(counts)} groups of {images} of {len(classes)} images, {pure:.3f} pure, "
        f"{whole / len(classes):.3f} of all in groups of one class, weakest links "
        f"{sum(each.weakest.similarity for each in now.grouping.groups) / len(counts):.2f}"
    )
    assert pure >= FEWEST_PURE
