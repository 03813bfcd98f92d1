"""Where a checkpoint abstains: it does not know the images, or one of a pair."""

import numpy as np
import pytest

from helpers.samples import as_scan, photograph, stroke_glyph
from helpers.small_checkpoints import ship_small, small_checkpoint
from siamese_core.answers.corrections import logged_verdicts
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.workspace.abstaining import abstains, abstains_from_ranking
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

RNG = np.random.default_rng(5)
INK = [as_scan(stroke_glyph(RNG, 105)) for _ in range(3)]
PHOTOS = [photograph(RNG) for _ in range(4)]
WHO = Annotator("ada")
EMBEDDED = np.zeros((4, 8), np.float32)


@pytest.fixture(scope="module")
def checkpoint():
    """A checkpoint that learned from handwriting."""
    made = small_checkpoint(3)
    made.note(trained_on=HANDWRITING)
    return made


@pytest.fixture(scope="module")
def workbench(tmp_path_factory, checkpoint):
    """koch has seen handwriting only, resnet50 does not say what it has seen."""
    folder = tmp_path_factory.mktemp("abstaining")
    bench = Workbench(folder / "w", shipped=ship_small(folder / "shipped", "koch", "resnet50"))
    saved = save_checkpoint(checkpoint, bench.checkpoints.new_folder("small_cnn"), quantise=False)
    bench.checkpoints.promote(saved.id, "koch")
    return bench


@pytest.mark.parametrize(
    ("domains", "why"),
    [
        ([HANDWRITING, HANDWRITING], None),
        ([PHOTOGRAPHS, PHOTOGRAPHS], "has seen handwriting only, and does not judge photographs"),
        (
            [HANDWRITING, PHOTOGRAPHS],
            "has seen handwriting only, and one of the two images is a photograph",
        ),
    ],
)
def test_a_checkpoint_judges_a_pair_where_it_knows_both_images(checkpoint, domains, why):
    assert abstains(checkpoint, domains, EMBEDDED[:2]) == why


def test_a_support_set_with_a_single_unknown_image_is_ranked(checkpoint):
    ink, photo = HANDWRITING, PHOTOGRAPHS
    assert abstains_from_ranking(checkpoint, [ink, ink, ink, photo], EMBEDDED) is None
    assert "3 of the 4 images are photographs" in abstains_from_ranking(
        checkpoint, [ink, photo, photo, photo], EMBEDDED
    )
    assert "and the query is a photograph" in abstains_from_ranking(
        checkpoint, [photo, ink, ink, ink], EMBEDDED
    )


def test_a_checkpoint_of_unknown_training_judges_everything():
    assert abstains(small_checkpoint(4), [HANDWRITING, PHOTOGRAPHS], EMBEDDED[:2]) is None


def test_an_encoder_that_abstains_gives_no_numbers_unless_it_is_asked_anyway(workbench):
    koch, resnet50 = workbench.compare(*PHOTOS[:2]).json()["results"]
    assert koch["abstains"] is True and koch["similarity"] is None and koch["same"] is None
    assert koch["why"] == "has seen handwriting only, and does not judge photographs"
    assert resnet50["abstains"] is False and isinstance(resnet50["similarity"], float)
    asked = workbench.compare(*PHOTOS[:2], ask_anyway=True).json()["results"][0]
    assert asked["abstains"] is True and isinstance(asked["same"], bool) and 0 <= asked["similarity"] <= 1


def test_an_encoder_that_abstains_ranks_no_classes_unless_it_is_asked_anyway(workbench):
    support = [("a", PHOTOS[1]), ("b", PHOTOS[2])]
    koch, resnet50 = workbench.one_shot(PHOTOS[0], support).json()["results"]
    assert (koch["abstains"], koch["pick"], koch["margin"], koch["ranking"]) == (True, None, None, [])
    assert resnet50["abstains"] is False and len(resnet50["ranking"]) == 2
    asked = workbench.one_shot(PHOTOS[0], support, ask_anyway=True).json()["results"][0]
    assert asked["abstains"] is True and asked["pick"] in ("a", "b") and len(asked["ranking"]) == 2


def test_the_log_says_that_an_encoder_abstained_by_leaving_its_numbers_empty(workbench):
    result = workbench.compare(*PHOTOS[:2])
    label_id = workbench.answer(result.left_id, result.right_id, "same", WHO)
    (row,) = (row for row in workbench.log.rows() if row.label_id == label_id)
    assert row.koch_checkpoint == result.comparisons[0].checkpoint
    assert row.koch_similarity == row.koch_threshold == ""
    (said,) = logged_verdicts(row)
    assert said.encoder == "resnet50" and row.correction == str(int(not said.same))


def test_only_encoders_that_judge_are_corrected_in_one_shot(workbench):
    result = workbench.one_shot(PHOTOS[0], [("a", PHOTOS[1]), ("b", PHOTOS[2])], ask_anyway=True)
    koch, resnet50 = result.rankings
    workbench.answer_one_shot(result, None, WHO)
    (row,) = [row for row in workbench.log.rows() if row.task == "one_shot"]
    assert koch.abstains and row.right_id == dict(result.support)[resnet50.pick]


def test_none_of_these_corrects_nothing_where_nobody_picked(workbench):
    result = workbench.one_shot(PHOTOS[0], [("a", PHOTOS[1]), ("b", PHOTOS[2])], ["koch"])
    with pytest.raises(UserError, match="no pick"):
        workbench.answer_one_shot(result, None, WHO)
    assert workbench.answer_one_shot(result, "a", WHO)
