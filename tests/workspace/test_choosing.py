"""Which checkpoint of a slot a set of images goes through: by what they are, or as chosen by hand."""

import numpy as np
import pytest

from helpers.samples import as_scan, photograph, stroke_glyph
from helpers.small_checkpoints import ship_small, small_checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.workspace.matching import Matcher

RNG = np.random.default_rng(3)
INK = [as_scan(stroke_glyph(RNG, 105)) for _ in range(3)]
PHOTOS = [photograph(RNG) for _ in range(3)]
MIXED = (INK[0], PHOTOS[0])
SLOT = ["resnet50"]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return ship_small(tmp_path_factory.mktemp("shipped"), "koch", "resnet50")


@pytest.fixture
def store(tmp_path, shipped):
    return CheckpointStore(tmp_path, shipped)


@pytest.fixture
def photo_id(store):
    """The id of a checkpoint whose card says that it is for photographs; promoted."""
    checkpoint = small_checkpoint(7)
    checkpoint.note(domain=PHOTOGRAPHS)
    saved = save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=False)
    store.promote(saved.id, "resnet50")
    return saved.id


@pytest.fixture
def matcher(store, photo_id):
    return Matcher(store)


def asked(matcher, left, right):
    return matcher.compare(left, right, SLOT)[0]


def test_photographs_go_to_their_own_checkpoint_and_ink_to_the_other(matcher, store, photo_id):
    ink, photos = asked(matcher, *INK[:2]), asked(matcher, *PHOTOS[:2])
    assert (ink.checkpoint, ink.domain) == (store.current_id("resnet50"), HANDWRITING)
    assert (photos.checkpoint, photos.domain) == (photo_id, PHOTOGRAPHS)
    assert ink.why == "auto: both images are ink"
    assert photos.why == "auto: both images are photographs"
    assert ink.checkpoint != photos.checkpoint and not ink.warning and not photos.warning


def test_both_sides_of_a_mixed_pair_go_through_one_checkpoint(matcher, photo_id):
    said, turned = (matcher.compare(*pair, SLOT, True)[0] for pair in (MIXED, MIXED[::-1]))
    assert said.checkpoint == photo_id and said.domain == PHOTOGRAPHS
    assert turned.similarity == pytest.approx(said.similarity, abs=1e-6)


def test_a_whole_support_set_goes_through_one_checkpoint(matcher, store, photo_id):
    support = [(str(place), image) for place, image in enumerate([*INK[1:], PHOTOS[0]])]
    assert matcher.one_shot(INK[0], support, SLOT)[0].checkpoint == store.current_id("resnet50")
    assert matcher.one_shot(PHOTOS[1], support, SLOT)[0].checkpoint == photo_id  # two of four are ink


def test_a_slot_without_one_for_photographs_asks_the_other_and_says_so(matcher, store):
    said = matcher.compare(*PHOTOS[:2], ["koch"])[0]
    assert said.checkpoint == store.current_id("koch")
    assert said.why == "both images are photographs, and koch has no other checkpoint for them"


def test_what_is_chosen_by_hand_answers_for_everything_until_auto(matcher, store, photo_id):
    store.fix("resnet50", photo_id)
    assert asked(matcher, *PHOTOS[:2]).why == "chosen by hand for everything"
    said = matcher.compare(*INK[:2], SLOT, ask_anyway=True)[0]
    assert said.checkpoint == photo_id
    assert said.warning.startswith("Trained on photographs, asked about handwriting")
    store.fix("resnet50", None)
    assert asked(matcher, *INK[:2]).checkpoint != photo_id
    with pytest.raises(UserError, match="named by its id"):
        store.fix("resnet50", "resnet50-000000000000")


def test_each_domain_has_its_own_way_back(matcher, store, photo_id):
    shipped = store.current_id("resnet50")
    own = save_checkpoint(small_checkpoint(8), store.new_folder("small_cnn"), quantise=False).id
    store.fix("resnet50", photo_id)
    store.promote(own, "resnet50")  # takes over from what was fixed
    assert store.fixed_id("resnet50") is None
    assert (store.current_id("resnet50"), store.current_id("resnet50", PHOTOGRAPHS)) == (own, photo_id)
    assert store.rollback("resnet50") == shipped
    assert store.rollback("resnet50", PHOTOGRAPHS) == shipped  # what served photographs before
    assert store.current_id("resnet50", PHOTOGRAPHS) == shipped


def test_a_checkpoint_is_offered_only_to_a_slot_that_has_none_for_photographs(store, photo_id, shipped):
    other = store.current_id("koch")
    store.offer(other, "resnet50")
    assert store.current_id("resnet50", PHOTOGRAPHS) == photo_id
    store.offer(photo_id, "koch")
    assert store.current_id("koch", PHOTOGRAPHS) == photo_id and store.current_id("koch") == other


def test_one_for_photographs_that_does_not_load_leaves_them_to_the_other(matcher, store, photo_id):
    (store.folder(photo_id) / "head.npz").write_bytes(b"torn")
    assert asked(matcher, *PHOTOS[:2]).checkpoint == store.current_id("resnet50")
    assert "head.npz" in matcher.loader.problem("resnet50", PHOTOGRAPHS)
