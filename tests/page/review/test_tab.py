"""The Review tab in a real browser: filter, answer anew, take back, settle, and what is exported."""

import csv
import io
import re
import time
import zipfile

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from helpers.browsing import open_page, open_tab, press, wait_for_rows
from helpers.calling import Caller
from helpers.samples import alphabet
from helpers.small_checkpoints import promote_small
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.settled import SETTLES
from siamese_core.data.datasets import load_dataset
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.images.store import ImageStore
from siamese_core.page.review.filters import checked_wish
from siamese_core.review.reviewing import review

EVIL = '<img src=x onerror="window.hacked=1">${window.hacked=1}'
SERVER_CALLS = re.compile("/component_server")


def said(koch: float, resnet50: float) -> dict:
    numbers = {"koch": koch, "resnet50": resnet50}
    return (
        {f"{name}_similarity": str(number) for name, number in numbers.items()}
        | {f"{name}_threshold": "0.5" for name in numbers}
        | {f"{name}_checkpoint": f"{name}-old" for name in numbers}
    )


def answered_log(home) -> None:
    """Four characters by six hands: many plain answers, one planted error, a conflict, a contradiction."""
    images = ImageStore(home / "images")
    drawn = alphabet(np.random.default_rng(5), 5, 6, 64)
    a, b, c, d, e = ([images.add(drawing) for drawing in by_hand] for by_hand in drawn)
    rows = []

    def add(left, right, answer, opinions, annotator="Ada", day=1, **cells):
        rows.append(
            LabelRow(
                label_id=f"label-{len(rows)}",
                created_at=f"2026-03-{day:02d}T10:00:00.000Z",
                left_id=left,
                right_id=right,
                answer=answer,
                annotator=annotator,
                source="page",
                task="queue",
                correction=str(int(any((said >= 0.5) != (answer == "same") for said in opinions))),
                **{"reason": "uncertain", **said(*opinions), **cells},
            )
        )

    for number in range(6):
        for other in range(number):
            add(a[number], a[other], "same", (0.9, 0.8))
            add(a[number], b[other], "different", (0.1, 0.3), reason="hard_negative")
            add(a[number], c[other], "different", (0.2, 0.2), day=2)
            add(
                b[number], c[other], "different", (0.05, 0.6), day=3, reason="random_audit", probability="0.5"
            )
    add(b[0], b[1], "same", (0.9, 0.9), annotator="Bob", day=4)
    add(c[0], c[1], "different", (0.97, 0.98), annotator="Bob", day=5)  # wrong
    add(c[2], c[3], "same", (0.4, 0.9), day=6)
    add(c[2], c[3], "different", (0.4, 0.9), annotator="Bob", day=6)
    add(d[0], d[1], "same", (0.9, 0.9), day=7)
    add(d[1], d[2], "same", (0.9, 0.9), day=7)
    add(d[0], d[2], "different", (0.9, 0.9), annotator=EVIL, day=7)
    add(e[0], e[1], "same", (0.9, 0.9), day=7)
    add(e[0], a[0], "different", (0.6, 0.5), day=7)
    PairLog(home / "pairs.csv").append_many(rows)


@pytest.fixture(scope="module")
def review_app(serve, tmp_path_factory):
    home = tmp_path_factory.mktemp("review") / "workspace"
    promote_small(home, "koch", "resnet50")
    answered_log(home)
    temporary = home.parent / "temporary"
    temporary.mkdir()
    server = serve(workspace=home, environment={"TMPDIR": str(temporary)})
    server.wait_until_ready()
    return server


@pytest.fixture
def app_page(page, review_app):
    """The Review tab; what the test appends to the log is taken back afterwards."""
    log = PairLog(review_app.workspace / "pairs.csv")
    before = log.path.read_bytes()
    earlier = len(log.rows())
    open_page(page, review_app.url)
    page.rows = lambda: log.rows()[earlier:]
    page.locator("#masthead input").fill("Cleo")
    open_tab(page, "Review")
    expect(rows_of(page).first).to_be_visible()
    yield page
    log.path.write_bytes(before)


def rows_of(page: Page):
    return page.locator("#review tr[data-label]")


def wish(page: Page, **fields) -> None:
    for name, value in fields.items():
        field = page.locator(f".review-filters [name={name}]")
        if isinstance(value, bool):
            field.set_checked(value)
        elif name in ("since", "until"):
            field.fill(value)
        else:
            field.select_option(value)


def view(page: Page, name: str) -> None:
    page.locator(f".views [data-view={name}]").click()
    expect(page.locator(f".review[data-view={name}]")).to_be_visible()


@pytest.mark.browser
def test_filters_combine_and_survive_a_reload(app_page):
    expect(app_page.locator(".pager")).to_contain_text("1 to 25 of 69")
    wish(app_page, reason="random_audit")
    expect(app_page.locator(".review")).to_contain_text("15 in all")
    wish(app_page, wrong="resnet50")
    expect(app_page.locator(".review")).to_contain_text("15 in all")
    wish(app_page, wrong="koch")
    expect(app_page.locator(".review")).to_contain_text("No such answers")
    app_page.locator("[data-clear]").click()
    expect(app_page.locator(".pager")).to_contain_text("of 69")
    wish(app_page, since="2026-03-05", annotator="=Bob", correction=True)
    expect(rows_of(app_page)).to_have_count(2)
    wish(app_page, conflict=True)
    expect(rows_of(app_page)).to_have_count(1)
    expect(rows_of(app_page)).to_contain_text("conflict")
    app_page.reload()
    open_tab(app_page, "Review")
    expect(rows_of(app_page)).to_have_count(1)
    expect(app_page.locator(".review-filters [name=annotator]")).to_have_value("=Bob")
    expect(app_page.locator(".review-filters [name=since]")).to_have_value("2026-03-05")
    wish(app_page, until="2026-03-05")
    expect(app_page.locator(".review")).to_contain_text("No such answers")


@pytest.mark.browser
def test_keys_turn_pages_choose_a_row_and_take_it_back(app_page):
    first = rows_of(app_page).first.get_attribute("data-label")
    press(app_page, "n")
    expect(app_page.locator(".pager")).to_contain_text("26 to 50 of 69")
    app_page.locator("[data-turn='1']").click()
    expect(rows_of(app_page)).to_have_count(19)
    expect(app_page.locator("[data-turn='1']")).to_be_disabled()
    press(app_page, "pp")
    expect(rows_of(app_page).first).to_have_attribute("data-label", first)
    expect(rows_of(app_page).first).to_have_class("chosen")
    press(app_page, "jj")
    chosen = rows_of(app_page).nth(2)
    expect(chosen).to_have_class("chosen")
    label, below = chosen.get_attribute("data-label"), rows_of(app_page).nth(3).get_attribute("data-label")
    press(app_page, "x")
    row = wait_for_rows(app_page, 1)[0]
    assert (row.event, row.target_id, row.annotator) == ("undo", label, "Cleo")
    expect(app_page.locator("#review tr.chosen")).to_have_attribute("data-label", below)
    expect(app_page.locator(f"#review tr[data-label={label}]")).to_have_count(0)
    wish(app_page, state="taken back")
    expect(rows_of(app_page)).to_have_count(1)
    expect(rows_of(app_page).locator("button")).to_have_count(0)


@pytest.mark.browser
def test_likely_errors_come_first_and_are_answered_anew_by_key(app_page):
    wish(app_page, order="errors")
    # by now all checkpoints have said what they say
    expect(app_page.locator("#review")).not_to_contain_text("compared again")
    expect(rows_of(app_page).first).to_contain_text("likely wrong")
    expect(rows_of(app_page).first).to_contain_text("Bob")
    press(app_page, "s")
    row = wait_for_rows(app_page, 1)[0]
    assert (row.annotator, row.answer, row.event, row.reason, row.task) == (
        "Cleo",
        "same",
        "label",
        "uncertain",
        "queue",
    )
    expect(app_page.locator("#review-filters .saved")).to_have_text("Saved: same")
    expect(app_page.locator(".views [data-view=conflicts]")).to_have_text("Conflicts (2)")
    press(app_page, "z")
    assert wait_for_rows(app_page, 2)[1].target_id == row.label_id
    expect(app_page.locator(".views [data-view=conflicts]")).to_have_text("Conflicts (1)")


@pytest.mark.browser
def test_buttons_answer_anew_what_ones_own_answer_replaces(app_page):
    app_page.locator("#masthead input").fill("Ada")
    wish(app_page, annotator="=Ada", conflict=True)
    expect(rows_of(app_page)).to_have_count(1)
    rows_of(app_page).locator("[data-relabel=different]").click()
    assert wait_for_rows(app_page, 1)[0].answer == "different"
    expect(app_page.locator(".review")).to_contain_text("No such answers")  # both say different now
    wish(app_page, conflict=False, state="replaced")
    expect(rows_of(app_page)).to_have_count(1)


@pytest.mark.browser
def test_a_conflict_is_settled_and_opened_again_and_a_contradiction_is_mended(app_page):
    view(app_page, "conflicts")
    item = app_page.locator(".dispute")
    expect(item).to_contain_text("same says Ada")
    expect(item).to_contain_text("different says Bob")
    expect(app_page.locator(".agreement")).to_contain_text("Ada and Bob")
    expect(app_page.locator(".agreement")).to_contain_text("too few pairs")
    press(app_page, "d")
    row = wait_for_rows(app_page, 1)[0]
    assert (row.note, row.answer, row.annotator) == (SETTLES, "different", "Cleo")
    expect(app_page.locator(".review")).to_contain_text("No conflicts")
    expect(app_page.locator(".agreement")).to_contain_text("too few pairs")  # settling is no agreement
    press(app_page, "z")
    wait_for_rows(app_page, 2)
    expect(app_page.locator(".dispute")).to_have_count(1)
    app_page.locator("[data-settle=unsure]").click()
    assert wait_for_rows(app_page, 3)[2].answer == "unsure"
    expect(app_page.locator(".views [data-view=conflicts]")).to_have_text("Conflicts (0)")
    view(app_page, "contradictions")
    found = app_page.locator(".contradiction")
    expect(found.locator(".chain img")).to_have_count(4)  # and the first once more
    expect(found.locator("tr[data-label]")).to_have_count(3)
    app_page.wait_for_function("() => document.querySelector('.chain img').naturalWidth > 0")
    assert app_page.evaluate("window.hacked") is None
    found.locator("tr[data-label]").last.locator("[data-takeback]").click()
    wait_for_rows(app_page, 4)
    expect(app_page.locator(".review")).to_contain_text("No contradictions")


@pytest.mark.browser
def test_exports_are_downloaded_and_read_back(app_page, tmp_path, review_app):
    view(app_page, "export")
    expect(app_page.locator(".exports")).to_contain_text(
        "1 group with a contradiction, 0 groups with a conflict"
    )

    def get(name: str):
        with app_page.expect_download() as download:
            app_page.locator(f".exports a[href='{name}']").click()
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
        return tmp_path / name

    assert get("pairs.csv").read_bytes() == (review_app.workspace / "pairs.csv").read_bytes()
    dataset = load_dataset([get("classes.zip")])
    assert np.bincount(dataset.labels).tolist() == [6, 2, 2] and len(dataset.classes) == 3
    stored = ImageStore(review_app.workspace / "images")
    assert all(image_id(dataset.image(place)) in stored for place in range(len(dataset)))
    with zipfile.ZipFile(get("triplets.zip")) as archive:
        table = list(csv.DictReader(io.StringIO(archive.read("triplets.csv").decode())))
        for part in ("anchor", "positive", "negative"):
            image = decode_image(archive.read(f"images/{table[0][part]}.png"))
            assert image_id(image) == table[0][part]
    assert len(table) > 30


def test_nothing_is_left_of_an_export_on_the_server(review_app):
    left = review_app.workspace.parent / "temporary"
    caller = Caller(review_app.url)
    try:
        for name, start in {"classes.zip": b"PK", "triplets.zip": b"PK", "pairs.csv": b"schema"}.items():
            answer = caller.http.get(f"/{name}")
            assert answer.status_code == 200 and answer.content.startswith(start)
            assert name in answer.headers["content-disposition"]
            deadline = time.monotonic() + 10
            while list(left.glob(f"*{name}")) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert not list(left.glob(f"*{name}"))
    finally:
        caller.close()


@pytest.mark.parametrize(
    "sent",
    [
        {"order": "random"},
        {"state": 3},
        {"wrong": ["koch"]},
        {"since": "yesterday"},
        {"until": "2026-1-1"},
        {"answer": "<script>"},
    ],
)
def test_a_wish_that_the_form_cannot_make_is_refused(sent):
    with pytest.raises(UserError, match="Received"):
        checked_wish(sent)


def test_what_a_wish_leaves_out_is_the_first_choice():
    for sent in (None, [], {}, {"page": -1, "view": "x", "likely": "yes", "annotator": 3}):
        found = checked_wish(sent)
        assert (found.view, found.page, found.order, found.filters.state) == (
            "answers",
            0,
            "newest",
            "counts",
        )
        assert found.filters.annotator is None and not found.filters.likely
    assert checked_wish({"annotator": "="}).filters.annotator == ""
    assert checked_wish({"annotator": "==x"}).filters.annotator == "=x"


@pytest.mark.soak
def test_thousands_of_answers_are_filtered_and_ordered():
    rng = np.random.default_rng(0)
    rows = [
        LabelRow(
            label_id=str(number),
            event="label",
            created_at="2026-01-01T00:00:00.000Z",
            left_id=f"{number % 997:064d}",
            right_id=f"{1000 + number % 3001:064d}",
            answer=str(rng.choice(["same", "different"])),
            **said(*rng.random(2).round(3)),
        )
        for number in range(3000)
    ]
    known = review(rows)
    shown = known.shown(checked_wish({"order": "errors", "wrong": "both"}).filters, "errors")
    assert 300 < len(shown) < len(rows)
