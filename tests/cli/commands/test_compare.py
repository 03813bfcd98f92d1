"""`compare` as people and programs call it."""

from helpers.small_checkpoints import install, small_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.pointers import Pointer, write_pointer
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.images.store import ImageStore
from siamese_core.networks.encoders import ENCODERS, SLOTS


def test_compare_tells_what_both_slots_say(run, own_slots, pair):
    found = run("compare", *pair, "--json").json()
    assert list(found) == ["left", "right", "results"]
    assert all(len(found[side]) == 64 for side in ("left", "right"))
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert list(result)[:5] == ["encoder", "checkpoint", "similarity", "threshold", "same"]
        assert result["checkpoint"] == CheckpointStore(own_slots).current_id(result["encoder"])
        assert result["same"] is (result["similarity"] >= result["threshold"])


def test_every_encoder_can_be_asked_in_the_order_of_asking(run, workspace, pair):
    """The slots' with the checkpoints that ship, the others with their own."""
    for name in set(ENCODERS) - set(SLOTS):
        install(workspace, small_checkpoint(0, name), name)
    words = [word for name in reversed(ENCODERS) for word in ("--encoder", name)]
    found = run("compare", *pair, *words, "--json").json()
    assert [result["encoder"] for result in found["results"]] == list(reversed(ENCODERS))
    assert all(result["checkpoint"].startswith(result["encoder"]) for result in found["results"])


def test_compare_stores_both_images_under_their_ids(run, own_slots, pair):
    found = run("compare", *pair, "--encoder", "koch", "--json").json()
    assert ImageStore(own_slots / "images").ids() == sorted([found["left"], found["right"]])


def test_compare_tells_people_the_verdict_as_a_word(run, own_slots, pair):
    heading, *rows = run("compare", *pair).text().splitlines()[: 1 + len(SLOTS)]
    assert heading.split() == ["network", "similarity", "threshold", "verdict", "checkpoint"]
    assert len(rows) == len(SLOTS) and all(row.split()[-2] in ("same", "different") for row in rows)


def test_a_slot_whose_promoted_checkpoint_is_gone_serves_the_shipped_one_and_says_so(run, workspace, pair):
    folder = CheckpointStore(workspace).own_folder
    folder.mkdir(parents=True)
    write_pointer(folder, "koch", Pointer("koch-000000000000"))
    shown = run("compare", *pair, "--encoder", "koch").text()
    assert "Note: A promoted checkpoint must stay where it is. Received: koch-000000000000" in shown


def test_an_encoder_that_does_not_know_the_images_abstains_unless_it_is_asked_anyway(run, workspace, pair):
    checkpoint = small_checkpoint(9)
    checkpoint.note(trained_on=PHOTOGRAPHS)
    install(workspace, checkpoint, "koch")
    words = ("compare", *pair, "--encoder", "koch")
    (said,) = run(*words, "--json").json()["results"]
    assert (said["abstains"], said["similarity"], said["same"]) == (True, None, None)
    assert said["why"] == "has seen photographs only, and does not judge handwriting"
    assert "abstains" in run(*words).text()
    (asked,) = run(*words, "--ask-anyway", "--json").json()["results"]
    assert asked["abstains"] is True and asked["same"] is (asked["similarity"] >= asked["threshold"])
    assert "asked anyway" in run(*words, "--ask-anyway").text()
