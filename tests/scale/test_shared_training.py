"""Workers divide a batch between them, and together they see all of it."""

import numpy as np

from siamese_core.scale.shared_training import SharedInputs, Worker


class Inputs:
    """Two batches of four images, with their truth."""

    images_a_step = 8
    closed = False

    def from_step(self, step: int):
        try:
            while True:
                rows = np.arange(8) + 100 * step
                yield (rows[:, None], -rows[:, None]), rows % 4
                step += 1
        finally:
            Inputs.closed = True


def test_the_shares_of_all_workers_are_the_batch_in_its_order():
    whole = next(Inputs().from_step(3))
    shares = [next(SharedInputs(Inputs(), Worker(number, 4)).from_step(3)) for number in range(4)]
    for place in (0, 1):
        parts = [share[0][place] for share in shares]
        np.testing.assert_array_equal(np.concatenate(parts), whole[0][place])
    np.testing.assert_array_equal(np.concatenate([share[1] for share in shares]), whole[1])
    assert SharedInputs(Inputs(), Worker(1, 2)).images_a_step == 8


def test_a_run_that_ends_closes_what_draws_ahead():
    upcoming = SharedInputs(Inputs(), Worker(0, 2)).from_step(0)
    next(upcoming)
    Inputs.closed = False
    upcoming.close()
    assert Inputs.closed
