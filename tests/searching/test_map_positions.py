import numpy as np

from siamese_core.searching.map_positions import map_positions

IDS = [f"{number:064x}" for number in range(60)]
ROWS = dict(zip(IDS, np.random.default_rng(0).normal(size=(60, 12)), strict=True))


def take(ids):
    return np.stack([ROWS[each] for each in ids])


def test_positions_are_kept_and_new_images_placed_until_there_are_twice_as_many(tmp_path):
    file = tmp_path / "maps" / "koch.npz"
    first = map_positions(file, IDS[:25], take)

    grown = map_positions(file, IDS[:30], take)
    assert np.array_equal(grown[:25], first) and np.isfinite(grown).all()
    assert np.array_equal(map_positions(file, IDS[:30], None), grown)

    doubled = map_positions(file, IDS[:50], take)
    assert not np.array_equal(doubled[:25], first)
    assert len(map_positions(file, [], take)) == 0


def test_a_damaged_file_costs_a_new_map_only(tmp_path):
    file = tmp_path / "koch.npz"
    first = map_positions(file, IDS[:25], take)
    file.write_bytes(b"torn")
    assert np.array_equal(map_positions(file, IDS[:25], take), first)
