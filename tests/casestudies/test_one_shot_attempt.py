"""The second attempt: the same picks as the published loop, from fewer embeddings."""

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.small_checkpoints import small_checkpoint
from siamese_core.casestudies.one_shot_attempt import run
from siamese_core.casestudies.study import StudyOptions
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """2 alphabets of 4 characters by 3 drawers."""
    return load_dataset(
        [write_class_folders(tmp_path_factory.mktemp("data"), np.random.default_rng(0), 2, 4, 3)]
    )


@pytest.fixture(scope="module")
def checkpoint():
    return small_checkpoint()


def silent(share: float, words: str) -> None:
    pass


@pytest.mark.parametrize("language", [None, "Alphabet_2"])
def test_both_evaluations_pick_the_same_and_ours_embeds_each_image_once(drawings, checkpoint, language):
    options = StudyOptions(drawings, trials=6, n_way=4, language=language, checkpoint=checkpoint)
    report = run(options, silent)
    theirs, ours = report.table
    same_picks, once = report.findings
    assert (same_picks.check, same_picks.level, same_picks.measured) == ("same-picks", "ok", 0)
    assert theirs["images_embedded"] == 2 * 6 * 4
    assert ours["images_embedded"] <= (12 if language else 24)
    assert once.measured == theirs["images_embedded"] / ours["images_embedded"]
    assert (theirs["correct"], theirs["trials"]) == (ours["correct"], 6)
    assert ours["times_faster"] == pytest.approx(theirs["seconds"] / ours["seconds"])


def test_without_a_checkpoint_an_untrained_network_takes_the_tasks(drawings):
    report = run(StudyOptions(drawings, trials=2, n_way=3, size=80), silent)
    assert report.findings[0].measured == 0
    assert (
        0 <= report.table[0]["ci95_low"] <= report.table[0]["accuracy"] <= report.table[0]["ci95_high"] <= 1
    )


@pytest.mark.parametrize(("language", "n_way", "numbers"), [("Alphabet_1", 5, "has 4"), (None, 9, "has 8")])
def test_too_few_letters_is_an_error_that_names_the_numbers(drawings, checkpoint, language, n_way, numbers):
    options = StudyOptions(drawings, trials=2, n_way=n_way, language=language, checkpoint=checkpoint)
    with pytest.raises(UserError, match=f"{n_way} letters.*{numbers}"):
        run(options, silent)


def test_letters_that_one_drawer_drew_do_not_count(drawings, checkpoint):
    alone = drawings.subset(np.flatnonzero((drawings.labels > 0) | (drawings.drawers == 1)))
    options = StudyOptions(alone, trials=1, n_way=4, language="Alphabet_1", checkpoint=checkpoint)
    with pytest.raises(UserError, match="has 3"):
        run(options, silent)
