"""What nobody can raise any more is told in a line."""

import errno
from types import SimpleNamespace

from siamese_core.operating.logs import unraisable


def test_a_file_that_a_full_disk_keeps_from_being_closed_is_told_in_a_line(caplog, capsys):
    full = OSError(errno.ENOSPC, "No space left on device")
    unraisable(SimpleNamespace(exc_type=OSError, exc_value=full, exc_traceback=None, err_msg=None, object=1))
    assert "No space left" in caplog.text and len(caplog.text.splitlines()) == 1
    assert capsys.readouterr().err == ""
