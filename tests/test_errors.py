"""An exception in words tells what is wrong and not where on the server."""

import pytest

from siamese_core.errors import UserError, can_pass, in_words


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError(13, "Permission denied", "/home/ada/work space/pairs.csv"), "pairs.csv: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ValueError("cannot open '/home/a b/x.h5' (errno 2)"), "ValueError: cannot open 'x.h5' (errno 2)"),
        (ValueError("name=/var/lib/w/x.npz, damaged"), "ValueError: name=x.npz, damaged"),
        (ValueError(r"at C:\Users\ada\x.npz"), "ValueError: at x.npz"),
        (
            ValueError("and/or 1/2 image/png https://a.b/c/d"),
            "ValueError: and/or 1/2 image/png https://a.b/c/d",
        ),
        (UserError("Its own words. Received: x. Mend it."), "Its own words. Received: x. Mend it."),
        (KeyError(), "KeyError"),
        (RuntimeError("first\nsecond /tmp/x"), "RuntimeError: first"),
    ],
)
def test_what_is_wrong_is_told_without_folders(failure, words):
    assert in_words(failure) == words


def test_what_the_system_refused_may_work_later():
    refused = UserError("No room.")
    refused.__cause__ = OSError(28, "No space left on device")
    assert can_pass(refused) and can_pass(OSError(30, "Read-only file system"))
    assert not can_pass(UserError("Never.")) and not can_pass(ValueError())
