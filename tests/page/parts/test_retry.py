"""What the disk did not take is tried again; what would be refused again is not."""

import pytest

from siamese_core.errors import UserError
from siamese_core.page.parts.retry import waiting_words


def test_what_the_disk_did_not_take_is_told_and_tried_again():
    problem = UserError("It must fit on the disk. Received: <no room>.")
    problem.__cause__ = OSError(28, "No space left on device")
    words = waiting_words(problem)
    assert "tried again by itself" in words and "&lt;no room&gt;" in words


def test_what_would_be_refused_again_is_raised():
    with pytest.raises(UserError, match="A sample must be one"):
        waiting_words(UserError("A sample must be one that the page shows."))
