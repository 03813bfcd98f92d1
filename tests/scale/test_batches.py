"""A batch holds the images of its files, and names the files that are none."""

from helpers.small_checkpoints import small_checkpoint
from siamese_core.data.files import ImageFile
from siamese_core.scale.batches import read_batch


def test_a_batch_of_no_image_at_all_has_nothing_to_embed():
    file = ImageFile("a.png", 4, "", lambda: b"half")
    batch = read_batch(small_checkpoint(), [file])
    assert batch.prepared is None and batch.paths == ()
    assert [each.name for each in batch.left_out] == ["a.png"]
