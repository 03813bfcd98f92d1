"""A chosen threshold serves at once, is on the card, and a rollback takes it back."""

import pytest

from helpers.workspaces import noise
from siamese_core.checkpoints.card import read_card
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.embeddings.embedding_store import open_embedding_store
from siamese_core.errors import UserError
from siamese_core.images.decoding import image_id
from siamese_core.metric_learning.score_normalisation import FEWEST
from siamese_core.workspace.choosing_thresholds import ChosenThreshold, save_threshold


def chosen(threshold: float, normalised: bool = False) -> ChosenThreshold:
    return ChosenThreshold(threshold, normalised, "false positives at most 1 %", "faces", 200, 0.01)


def test_it_serves_at_once_and_a_rollback_takes_it_back(workbench):
    parent = workbench.checkpoints.current_id("koch")
    images = noise(2)
    before = workbench.matcher.compare(*images, ["koch"], ask_anyway=True)[0]
    made = save_threshold(workbench, "koch", parent, chosen(0.123))
    after = workbench.matcher.compare(*images, ["koch"], ask_anyway=True)[0]
    assert (after.checkpoint, after.threshold, after.similarity) == (made, 0.123, before.similarity)
    card = read_card(workbench.checkpoints.folder(made))
    assert (card.parent, card.chosen["target"]) == (parent, "false positives at most 1 %")
    assert card.false_positive_rate == 0.01
    assert "threshold chosen on" in workbench.names.words(made)
    assert workbench.checkpoints.rollback("koch") == parent
    loaded = load_checkpoint(workbench.checkpoints.folder(parent))
    assert loaded.embeddings_id == load_checkpoint(workbench.checkpoints.folder(made)).embeddings_id


def test_one_chosen_for_scores_normalised_against_the_pool_counts_for_those_alone(workbench):
    parent = workbench.matcher.checkpoint("koch")
    save_threshold(workbench, "koch", parent.id, chosen(0.9, normalised=True))
    assert workbench.matcher.checkpoint("koch").threshold == parent.threshold
    images = noise(FEWEST, seed=3)
    store = open_embedding_store(workbench.embeddings_folder, parent)
    store.append([image_id(each) for each in images], workbench.matcher.embed("koch", images))
    assert workbench.matcher.compare(*images[:2], ["koch"], ask_anyway=True)[0].threshold == 0.9


def test_a_number_that_is_no_threshold_is_refused(workbench):
    with pytest.raises(UserError, match="between 0 and 1"):
        save_threshold(workbench, "koch", workbench.checkpoints.current_id("koch"), chosen(1.5))
