import numpy as np

from helpers.small_checkpoints import small_checkpoint
from siamese_core.searching.displacement import NEIGHBOURS, displacements
from siamese_core.searching.gallery import Gallery

EACH = 15  # images of two groups, far from each other on the map


def test_an_image_that_joined_another_group_has_an_arrow_from_where_it_was():
    checkpoint = small_checkpoint(0)
    rng = np.random.default_rng(0)
    dim = checkpoint.encoder.output_shape[-1]
    centres = np.repeat(rng.normal(size=(2, dim)), EACH, axis=0)
    rows = (10 * centres + rng.normal(size=centres.shape)).astype(np.float32)
    positions = np.repeat([[-0.8, 0.0], [0.8, 0.0]], EACH, axis=0) + 0.01 * rng.normal(size=(2 * EACH, 2))
    assert NEIGHBOURS < EACH
    before = rows.copy()
    before[0] = rows[EACH]
    now = Gallery(checkpoint, rows)

    assert len(displacements(now, now, positions, 5).places) == 0
    moved = displacements(Gallery(checkpoint, before), now, positions, 5)
    assert (moved.places[0], moved.looked_at) == (0, 2 * EACH)
    assert moved.starts[0, 0] > 0.5 > positions[0, 0]
