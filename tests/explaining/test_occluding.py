import numpy as np

from siamese_core.explaining.maps import OCCLUDED
from siamese_core.explaining.occluding import COVERINGS, GRID, covered, coverings, occlude

SIDE = 70


def drawing(*blocks: tuple[int, int]) -> np.ndarray:
    """Paper with these blocks of the grid inked."""
    image = np.full((SIDE, SIDE, 1), 255, np.uint8)
    for row, column in blocks:
        image[10 * row : 10 * row + 10, 10 * column : 10 * column + 10] = 0
    return image


def ink(images: np.ndarray) -> np.ndarray:
    """An encoder: how much ink is in each block, (n, 49)."""
    parts = (255.0 - images[..., 0]).reshape(-1, GRID, 10, GRID, 10)
    return parts.mean(axis=(2, 4)).reshape(len(images), -1) / 255


def score(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The log-odds: ink that both have, less ink that only one has."""
    return (left * right).sum(axis=1) - np.abs(left - right).sum(axis=1)


def test_blocks_with_ink_are_covered_equally_often_and_paper_never():
    image = drawing((0, 0), (2, 3), (5, 5), (6, 1))

    chosen = coverings(image, np.random.default_rng(0))

    assert set(chosen.sum(axis=0)[[0, 2, 5, 6], [0, 3, 5, 1]]) == {COVERINGS // 4}
    assert chosen.sum() == COVERINGS
    assert coverings(drawing(), np.random.default_rng(0)).sum() == 0


def test_a_covered_block_is_paper():
    image = drawing((1, 2), (3, 3))
    chosen = np.zeros((1, GRID, GRID), bool)
    chosen[0, 1, 2] = True

    assert np.array_equal(covered(image, chosen)[0], drawing((3, 3)))


def test_what_two_drawings_share_makes_them_alike_and_the_rest_sets_them_apart():
    both = drawing((1, 1), (1, 2), (4, 4), (5, 5)), drawing((1, 1), (1, 2), (4, 4), (6, 0))

    maps = occlude(both, ink, score, seed=0)

    assert maps.method == OCCLUDED and not maps.links
    assert all(each[1, 1] > 0 and each[4, 4] > 0 for each in maps.alike)
    assert np.argmax(maps.apart[0]) == 5 * GRID + 5
    assert np.argmax(maps.apart[1]) == 6 * GRID
    assert maps.alike[0][0, 6] == 0  # paper
