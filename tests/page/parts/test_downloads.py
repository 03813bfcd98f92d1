"""A file that is made for one caller: sent whole, and gone whoever hangs up."""

import tempfile

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from siamese_core.page.parts.downloads import CHUNK_BYTES, download

CONTENT = bytes(range(256)) * (CHUNK_BYTES // 100)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_download_is_whole_named_and_leaves_nothing(temporary):
    def sent(request):
        return download("rows.csv", "text/csv", lambda file: file.write_bytes(CONTENT))

    answer = TestClient(Starlette(routes=[Route("/rows.csv", sent)])).get("/rows.csv")
    assert answer.content == CONTENT and answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-disposition"] == 'attachment; filename="rows.csv"'
    assert list(temporary.iterdir()) == []


def test_a_caller_who_never_reads_leaves_nothing(temporary):
    download("rows.csv", "text/csv", lambda file: file.write_bytes(CONTENT))
    assert list(temporary.iterdir()) == []


def test_a_file_that_cannot_be_made_leaves_nothing(temporary):
    with pytest.raises(OSError, match="full"):
        download("rows.csv", "text/csv", lambda file: (_ for _ in ()).throw(OSError("full")))
    assert list(temporary.iterdir()) == []
