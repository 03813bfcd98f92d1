"""The log in a real PostgreSQL: the rows of the file, shared by servers, safe when the database goes away."""

import json
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psycopg
import pytest

from helpers.postgres import execute
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.stores import log_table, session
from siamese_core.cli.main import main
from siamese_core.errors import UserError, can_pass
from siamese_core.images.store import ImageStore
from siamese_core.operating.workspace_checks import check_log

ROW = LabelRow(left_id="a", right_id="b", answer="same", annotator="Ada", session_id="s", source="page")
NASTY = list("=+-@'\"\\t\t\r\n\\ ;,|x1") + ["\\N", "\\.", "\uff1d", "\ufeff", "é", "字", "🜁"]


def exported(log: PairLog, folder: Path) -> bytes:
    log.export(folder / "exported.csv")
    return (folder / "exported.csv").read_bytes()


def events(rng: np.random.Generator, count: int) -> list[LabelRow]:
    """Labels with texts that are hard to keep, and undos of some of them."""
    rows, open_ids = [], []
    for number in range(count):
        row_id = f"{number:032x}"
        if open_ids and rng.random() < 0.2:
            target = open_ids.pop(rng.integers(len(open_ids)))
            rows.append(replace(ROW, event="undo", target_id=target, left_id="", right_id="", answer=""))
        else:
            open_ids.append(row_id)
            left, right = map(str, rng.choice(list("abcd"), 2, replace=False))
            texts = {name: "".join(rng.choice(NASTY, 9)) for name in ("annotator", "note")}
            rows.append(
                replace(
                    ROW, event="label", left_id=left, right_id=right, correction=str(rng.integers(2)), **texts
                )
            )
        rows[-1] = replace(rows[-1], label_id=row_id, schema="1", created_at="2026-01-02T03:04:05.678Z")
    return rows


def eventually(look) -> bool:
    """Whether `look()` comes true, as what another process has done comes to be known."""
    deadline = time.monotonic() + 60
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(found)


def test_the_table_holds_what_the_file_would_to_the_byte(url, tmp_path):
    file, table = PairLog(tmp_path / "pairs.csv"), PairLog(url)
    assert (table.rows(), table.problem(), table.counts()) == ([], None, file.counts())
    assert exported(table, tmp_path) == exported(file, tmp_path)
    rows = events(np.random.default_rng(1), 120)
    for log in (file, table):
        log.append_many(rows[:50])
        for row in rows[50:]:
            log.append_once(row)
    for log in (table, PairLog(url)):
        assert log.rows() == rows
        assert exported(log, tmp_path) == (tmp_path / "pairs.csv").read_bytes()
        assert log.check() == file.check() and log.counts() == file.counts()
        assert log.latest(7) == file.latest(7) and log.of_session("s") == file.of_session("s")


def test_what_is_unfit_is_refused_as_in_the_file_and_leaves_nothing(url):
    log = PairLog(url)
    label_id = log.append(ROW)
    log.undo(label_id, "Ada", "s")
    wrong = {
        "already undone": lambda: log.undo(label_id, "Ada", "s"),
        "already in the log": lambda: log.append_many([ROW, replace(ROW, label_id=label_id)]),
        "must be one of": lambda: log.append_many([ROW, replace(ROW, answer="perhaps")]),
        "without NUL": lambda: log.append(replace(ROW, note="a\0b")),
    }
    for why, call in wrong.items():
        with pytest.raises(UserError, match=why) as told:
            call()
        assert not can_pass(told.value)
    assert len(log.rows()) == len(PairLog(url).rows()) == 2


@pytest.mark.parametrize(
    "query", ["UPDATE pair_log SET answer = 'same'", "DELETE FROM pair_log", "TRUNCATE pair_log"]
)
def test_the_database_refuses_to_change_rows_whoever_asks(url, query):
    log = PairLog(url)
    log.append(ROW)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added"):
        execute(url, query)
    assert len(PairLog(url).rows()) == 1


def test_the_database_refuses_a_label_id_twice_and_tells_of_unfit_rows_of_others(url):
    log = PairLog(url)
    label_id = log.append(ROW)
    with pytest.raises(psycopg.errors.UniqueViolation):
        execute(url, f"INSERT INTO pair_log (label_id) VALUES ('{label_id}')")
    execute(url, "INSERT INTO pair_log (label_id, event) VALUES ('x', 'guess')")
    assert eventually(lambda: [each.why for each in log.check().rejected])
    assert "event must be one of" in log.check().rejected[0].why and len(log.rows()) == 1


def test_servers_show_each_other_s_answers_when_the_database_tells_of_them(url, monkeypatch):
    monkeypatch.setattr(log_table, "UNTOLD_SECONDS", 1e9)  # nobody looks without being told
    one, other = PairLog(url), PairLog(url)
    assert one.rows() == other.rows() == []
    first = one.append(ROW)
    assert eventually(lambda: other.holds(first))
    other.undo(first, "Bo", "t")
    assert eventually(lambda: one.counts().rows == 2) and one.labels() == []


def test_many_that_send_the_same_rows_through_two_servers_add_each_once(url):
    rows = [replace(ROW, label_id=f"{number:032x}") for number in range(30)]
    strict = f"{url}%20-cdefault_transaction_isolation%3Dserializable"  # as a database may have it for all
    logs = [PairLog(strict), PairLog(strict)]
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(log.append_once, row) for row in rows * 2 for log in logs]
        assert sorted({each.result() for each in calls}) == [row.label_id for row in rows]
    for log in (*logs, PairLog(url)):
        assert eventually(
            lambda log=log: sorted(each.label_id for each in log.rows()) == [row.label_id for row in rows]
        )


def test_answers_wait_in_words_while_the_database_is_gone_and_go_on_when_it_is_back(url, server, monkeypatch):
    monkeypatch.setattr("siamese_core.answers.stores.session.RETRY_SECONDS", 0.0)
    log = PairLog(url)
    log.append(ROW)
    server.kill()
    with pytest.raises(UserError, match=r"The log must be a database .* Received: postgres: ") as told:
        log.append(ROW)
    assert can_pass(told.value) and "127.0.0.1" not in str(told.value)
    assert log.problem() == str(told.value)
    with pytest.raises(UserError):
        log.rows()
    server.start()
    log.append(ROW)
    assert len(log.rows()) == len(PairLog(url).rows()) == 2 and log.problem() is None


def test_an_answer_waits_while_another_program_holds_the_lock(url, monkeypatch):
    monkeypatch.setattr(session, "SETTINGS", session.SETTINGS.replace("10s", "100ms"))
    log = PairLog(url)
    log.append(ROW)
    with psycopg.connect(url) as other:
        other.execute("INSERT INTO pair_log (label_id) VALUES ('never committed')")
        with pytest.raises(UserError, match="lock timeout") as told:
            log.append(ROW)
        assert can_pass(told.value) and len(log.rows()) == 1
        other.rollback()
    log.append(ROW)
    assert len(log.rows()) == 2


@contextmanager
def cut_at(url: str, sent: bytes) -> Iterator[str]:
    """Within it, the URL leads to the database until `sent` is sent, once: then no answer comes back."""
    there = urlsplit(url)
    cut = threading.Event()

    def pass_on(source: socket.socket, target: socket.socket, watched: bool) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
                if watched and sent in data and not cut.is_set():
                    cut.set()
                    source.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        target.close()

    def serve() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            database = socket.create_connection((there.hostname, there.port))
            threading.Thread(target=pass_on, args=(client, database, True), daemon=True).start()
            threading.Thread(target=pass_on, args=(database, client, False), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, daemon=True).start()
        yield f"postgresql://people@127.0.0.1:{door.getsockname()[1]}{there.path}?{there.query}"
        door.shutdown(socket.SHUT_RDWR)
    assert cut.is_set()


@pytest.mark.parametrize("sent", [b"BEGIN", b"COPY pair_log", b"COMMIT"])
def test_an_answer_whose_connection_breaks_anywhere_is_saved_once(url, sent):
    PairLog(url).append(ROW)
    with cut_at(url, sent) as broken:
        log = PairLog(broken)
        assert len(log.rows()) == 1
        label_id = log.append(ROW)
        assert [each.label_id for each in log.rows()][1:] == [label_id]
    assert [each.label_id for each in PairLog(url).rows()][1:] == [label_id]


def test_a_table_that_was_put_back_to_an_earlier_state_is_read_anew(url):
    log = PairLog(url)
    log.append_many([ROW] * 3)
    kept = log.rows()[:1]
    execute(url, "DROP TABLE pair_log CASCADE")
    execute(url, "DROP FUNCTION pair_log_refuse, pair_log_lock, pair_log_tell")
    other = PairLog(url)
    other.append_many(kept)
    assert eventually(lambda: log.rows() == kept)
    log.append(ROW)
    assert other.counts().rows in (1, 2) and len(PairLog(url).rows()) == 2


def test_rows_go_into_a_database_and_back_as_they_are_however_often(url, tmp_path):
    file, table, back = PairLog(tmp_path / "pairs.csv"), PairLog(url), PairLog(tmp_path / "back.csv")
    rows = events(np.random.default_rng(2), 60)
    file.append_many(rows[:40])
    for source, target in ((file, table), (table, back)):
        assert (target.copy_from(source).added, target.rows()) == (40, rows[:40])
    file.append_many(rows[40:])
    for source, target in ((file, table), (table, back)):
        first, second = target.copy_from(source), target.copy_from(source)
        assert (first.added, first.known, second.added, second.known) == (20, 40, 0, 60)
        assert first.rejected == [] and target.rows() == rows
    assert back.path.read_bytes() == file.path.read_bytes() == exported(table, tmp_path)
    clash = PairLog(tmp_path / "other.csv")
    clash.append(replace(rows[0], annotator="Bo"))
    assert "already in the log" in table.copy_from(clash).rejected[0].why and len(table.rows()) == 60


def test_whoever_may_read_and_add_only_needs_no_other_right(url, monkeypatch):
    monkeypatch.setattr(log_table, "ROWS_AT_ONCE", 2)
    PairLog(url).append_many([ROW] * 5)
    schema = url.rpartition("%3D")[2]
    execute(url, f"CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA {schema} TO clerk")
    execute(url, "GRANT SELECT, INSERT ON pair_log TO clerk")
    clerk = PairLog(url.replace("people@", "clerk@"))
    clerk.append(ROW)
    assert clerk.rows() == PairLog(url).rows() and len(clerk.rows()) == 6


def test_a_csv_is_imported_into_the_table_once(url, tmp_path):
    log = PairLog(url)
    source = PairLog(tmp_path / "source.csv")
    images = ImageStore(tmp_path / "images")
    ids = [images.add(np.full((8, 8, 3), shade, np.uint8)) for shade in (1, 2)]
    source.append(replace(ROW, left_id=ids[0], right_id=ids[1]))
    assert [log.import_csv(source.path, images).added for _ in range(2)] == [1, 0]
    assert [each.label_id for each in log.rows()] == [each.label_id for each in source.rows()]


def test_a_database_of_another_encoding_is_told(server):
    execute(server.url("postgres"), "CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0")
    log = PairLog(server.url("narrow"))
    assert "Received: LATIN1" in log.problem()


def test_the_commands_read_and_write_the_table_in_place_of_the_file(url, tmp_path, capsys, monkeypatch):
    home, rows = tmp_path / "home", events(np.random.default_rng(3), 30)
    file = PairLog(home / "pairs.csv")
    file.append_many(rows)
    moved_from = file.path.read_bytes()

    def run(*words: str, workspace: Path = home) -> dict:
        assert main(["--workspace", str(workspace), *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    moved = [run("log", "export", "--to-url", url) for _ in range(2)]
    assert [(each["added"], each["known"], each["rows"]) for each in moved] == [(30, 0, 30), (0, 30, 30)]
    back = [run("log", "import", "--from-url", url, workspace=tmp_path / "back") for _ in range(2)]
    assert [(each["added"], each["known"]) for each in back] == [(30, 0), (0, 30)]
    monkeypatch.setenv("SIAMESE_LOG_URL", url.replace("people@", "people:s3cr3t@"))
    PairLog(url).append(ROW)
    assert run("log", "check")["rows"] == 31
    assert check_log(home, url)[0].level == "ok"
    file.append(ROW)
    assert "rows of pairs.csv that are not in the database: 1" in check_log(home, url)[0].cause
    run("log", "export", str(tmp_path / "rows.csv"))
    run("backup", str(tmp_path / "backup.zip"))
    with zipfile.ZipFile(tmp_path / "backup.zip") as packed:
        assert packed.read("pairs.csv") == (tmp_path / "rows.csv").read_bytes()
    assert (tmp_path / "back" / "pairs.csv").read_bytes() == moved_from
    assert (tmp_path / "rows.csv").read_bytes().startswith(moved_from)
