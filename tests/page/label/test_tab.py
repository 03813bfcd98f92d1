"""The Label tab in a real browser: quick keys, undo, contradictions, reloads, and what the log then holds."""

import io
import re
import zipfile

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from helpers.browsing import (
    fill_storage,
    glyph,
    least_contrasts,
    logged,
    open_app_page,
    open_tab,
    press,
    wait_for_rows,
)
from helpers.labelling import drawn_classes, on_screen, open_label, wait_for_pair
from helpers.small_checkpoints import promote_small
from siamese_core.answers.settled import standing_labels
from siamese_core.labelling.mining import REASONS

SERVER_CALLS = re.compile("/component_server")
ANSWERS = {"s": "same", "d": "different", "u": "unsure"}
# Presses the keys from within the page, which keeps the pace where each call from here is slow, and gives
# what was on screen at each.
TYPE = """([keys, pause]) => new Promise((done) => {
  const view = document.querySelector('#label .pair-view'), told = [];
  const timer = setInterval(() => {
    if (!view.dataset.left) return;
    const key = keys[told.length];
    told.push([view.dataset.left, view.dataset.right, key]);
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    if (told.length < keys.length) return;
    clearInterval(timer);
    done(told);
  }, pause);
})"""
# Whether Bob shares so many pairs with the others in the table of agreement.
SHARED_BY_BOB = """(count) => {
  const rows = [...[...document.querySelectorAll('.standing table')].at(-1).querySelectorAll('tbody tr')];
  const bobs = rows.filter((row) => row.textContent.includes('Bob'));
  return count === bobs.reduce((sum, row) => sum + Number(row.querySelectorAll('td')[2].textContent), 0);
}"""
A_SECOND = 25  # answers
pytestmark = pytest.mark.browser


def started(serve, home):
    promote_small(home / "workspace", "koch", "resnet50")
    server = serve("--images", str(home / "images"), workspace=home / "workspace")
    server.wait_until_ready()
    return server


@pytest.fixture
def app_page(page, labelling):
    return open_label(page, labelling)


def given(rows) -> list[tuple]:
    return [(row.left_id, row.right_id, row.answer) for row in rows]


def answer(app_page, keys: str) -> list[tuple]:
    """Presses each key and gives what it should have meant."""
    told = []
    for key in keys:
        pair = wait_for_pair(app_page)
        press(app_page, key)
        told.append((*pair, ANSWERS[key]))
    return told


def test_a_hundred_quick_answers_are_all_logged_once_each_with_its_pair(app_page, labelling):
    earlier = sum(row.task == "queue" for row in standing_labels(logged(labelling.workspace)))
    keys = "sdddd" * 20  # few enough are same that many identities are left
    typed = app_page.evaluate(TYPE, [keys, 1000 / A_SECOND])
    told = [(left, right, ANSWERS[key]) for left, right, key in typed]
    rows = wait_for_rows(app_page, 100)
    assert given(rows) == told
    assert len({frozenset(pair[:2]) for pair in told}) == len({row.label_id for row in rows}) == 100
    assert {(row.source, row.task, row.event) for row in rows} == {("page", "queue", "label")}
    asked = {*REASONS, "search"}  # Evaluate may have put a pair at the head of the queue
    assert all(row.reason in asked and 0 < float(row.probability) <= 1 for row in rows)
    assert [
        row for row in rows if not (row.koch_checkpoint and row.resnet50_similarity and row.milliseconds)
    ] == []
    expect(app_page.locator(".kept")).to_have_text("All 100 of this session saved")
    expect(app_page.locator(".standing .total")).to_have_text(f"{earlier + 100} answered")
    expect(app_page.locator(".forecast").first).to_contain_text("The next 50")


def test_undo_goes_back_to_the_start_of_the_session_also_over_a_skip(app_page):
    told = answer(app_page, "sd")
    skipped = wait_for_pair(app_page)
    press(app_page, "n")
    told += answer(app_page, "u")
    labels = [row.label_id for row in wait_for_rows(app_page, 3)]
    pairs = [each[:2] for each in (told[2], (*skipped, ""), told[1], told[0])]
    for pair in pairs:
        press(app_page, "z")
        assert wait_for_pair(app_page) == pair
    undone = wait_for_rows(app_page, 6)[3:]
    assert [(row.event, row.target_id) for row in undone] == [("undo", each) for each in labels[::-1]]
    expect(app_page.locator("[data-back]")).to_be_disabled()
    press(app_page, "z")
    assert on_screen(app_page) == told[0][:2]
    again = answer(app_page, "d")
    assert given(wait_for_rows(app_page, 7)[6:]) == again


def test_a_skipped_pair_is_not_logged_and_does_not_come_back_soon(app_page):
    skipped = set()
    for _ in range(15):
        skipped.add(frozenset(wait_for_pair(app_page)))
        press(app_page, "n")
    told = answer(app_page, "dd")
    assert len(skipped) == 15 and not skipped & {frozenset(each[:2]) for each in told}
    assert given(wait_for_rows(app_page, 2)) == told


def test_what_the_network_loses_is_kept_over_a_reload_and_sent_again(app_page):
    app_page.on("dialog", lambda dialog: dialog.accept())
    app_page.route(SERVER_CALLS, lambda route: route.abort())
    told = answer(app_page, "sdu")
    expect(app_page.locator(".kept")).to_contain_text("3 not saved yet; trying again")
    left = wait_for_pair(app_page)
    assert app_page.rows() == []
    app_page.reload()
    open_tab(app_page, "Label")
    assert wait_for_pair(app_page) == left
    assert app_page.rows() == []
    app_page.unroute(SERVER_CALLS)
    assert given(wait_for_rows(app_page, 3)) == told
    press(app_page, "z")
    assert wait_for_rows(app_page, 4)[3].event == "undo"
    assert wait_for_pair(app_page) == told[2][:2]  # its pictures are fetched anew


def test_a_page_that_may_keep_nothing_loses_no_answer_while_it_is_open(page, labelling):
    fill_storage(page)
    app_page = open_label(page, labelling)
    given_answers = answer(app_page, "sdu")
    wait_for_rows(app_page, 3)
    assert given(app_page.rows()) == given_answers
    assert len({row.session_id for row in app_page.rows()}) == 1


def test_an_answer_that_is_refused_is_told_and_kept(app_page, labelling):
    pair = on_screen(app_page)
    file = labelling.workspace / "images" / f"{pair[0]}.png"
    content = file.read_bytes()
    file.unlink()
    try:
        answer(app_page, "s")
        expect(app_page.locator(".kept")).to_contain_text("1 not saved: The image must be in the workspace")
    finally:
        file.write_bytes(content)
    app_page.get_by_role("button", name="Try again").click()
    assert given(wait_for_rows(app_page, 1)) == [(*pair, "same")]


def test_blind_hides_what_the_encoders_say_until_it_is_answered_and_the_log_knows(app_page):
    folders = app_page.locator(".sight figcaption")
    expect(folders).to_have_text([re.compile(r"^c\d\d$")] * 2)
    press(app_page, "b")
    expect(folders.first).to_be_hidden()
    for number in app_page.locator(".says-row .number").all():
        expect(number).to_be_hidden()
    expect(app_page.locator(".why-asked")).to_be_hidden()
    answer(app_page, "d")
    assert wait_for_rows(app_page, 1)[0].note == "blind"
    expect(app_page.locator(".last")).to_contain_text("small_cnn")
    app_page.reload()
    open_tab(app_page, "Label")
    wait_for_pair(app_page)
    expect(app_page.locator("[data-blind]")).to_have_attribute("aria-pressed", "true")
    press(app_page, "b")
    expect(folders.first).to_be_visible()
    line = app_page.locator(".says-row [data-slot=koch]")
    shown = line.locator(".number").inner_text(), line.locator(".word").inner_text()
    answer(app_page, "d")
    row = wait_for_rows(app_page, 2)[1]
    assert (row.note, f"{float(row.koch_similarity):.2f}") == ("", shown[0])
    assert ("same" in shown[1]) == (float(row.koch_similarity) >= float(row.koch_threshold))


def test_flip_shows_both_pictures_at_one_spot_and_enlarge_fills_the_window(app_page):
    left, right = app_page.locator(".sight .left"), app_page.locator(".sight .right")
    small = left.bounding_box()
    press(app_page, "f")
    expect(left).to_be_visible()
    expect(right).to_be_hidden()
    assert left.bounding_box() == right.bounding_box()
    press(app_page, "f")
    expect(left).to_be_hidden()
    press(app_page, ["Escape", "e"])
    expect(right).to_be_visible()
    assert left.bounding_box()["height"] > 1.5 * small["height"]
    told = answer(app_page, "u")
    assert given(wait_for_rows(app_page, 1)) == told
    press(app_page, ["Escape"])
    open_tab(app_page, "Retrain")
    press(app_page, "sd")  # which means nothing to a tab that is not seen
    open_tab(app_page, "Label")
    told += answer(app_page, "u")
    assert given(wait_for_rows(app_page, 2)) == told


@pytest.fixture(scope="module")
def few_images(serve, tmp_path_factory):
    """An app with three drawings of one character to label; the last test that uses it adds more."""
    home = tmp_path_factory.mktemp("few")
    drawn_classes(home / "images", n_classes=1, n_drawers=3)
    return started(serve, home)


def test_three_images_implied_pair_and_contradiction(page, few_images):
    app_page = open_label(page, few_images)
    first, second = answer(app_page, "ss")
    rows = wait_for_rows(app_page, 2)
    third = wait_for_pair(app_page)

    suggestion = app_page.locator(".implied li")
    expect(suggestion).to_have_count(1)
    expect(suggestion).to_contain_text("= same")
    assert len(standing_labels(logged(few_images.workspace))) == 2, "a suggestion is no answer"
    suggestion.get_by_role("button", name="Accept").click()
    accepted = wait_for_rows(app_page, 3)[2]
    assert (set(accepted.pair), accepted.answer, accepted.task) == (set(third), "same", "queue")
    assert accepted.note.startswith("implied by ") and not accepted.reason and not accepted.probability
    assert {row.label_id for row in rows} == set(accepted.note.split()[2:])
    expect(suggestion).to_have_count(0)
    press(app_page, "z")
    assert wait_for_rows(app_page, 4)[3].target_id == accepted.label_id

    press(app_page, "d")
    clash = app_page.locator(".clash")
    expect(clash).to_be_visible()
    expect(clash).to_contain_text("A = B, B = C, but A ≠ C")
    shown = {each.get_attribute("src") for each in clash.locator("img").all()}
    assert shown == {f"thumbs/{image}.png" for image in {*first[:2], *second[:2]}}
    expect(app_page.locator("[data-clashes]")).to_be_visible()
    clash.get_by_role("button", name="No, same").click()
    expect(clash).to_have_count(0)
    settled = wait_for_rows(app_page, 6)[5]
    assert (settled.answer, settled.note, set(settled.pair)) == ("same", "contradiction", set(third))
    expect(app_page.locator(".waiting")).to_contain_text("no more pairs")


def test_without_images_the_tab_asks_for_some(page, quick_app):
    open_tab(open_app_page(page, quick_app), "Label")
    expect(page.locator(".waiting")).to_contain_text("Add images to label")


def test_images_come_as_files_or_in_a_zip(page, few_images):
    app_page = open_app_page(page, few_images)
    open_tab(app_page, "Label")
    expect(app_page.locator("#pool .count")).to_have_text("3 images, all embedded")
    add(app_page, {"a.png": glyph(1), "b.png": glyph(2), "notes.png": b"no image"})
    expect(app_page.locator("#pool .count")).to_have_text("5 images, all embedded, 1 that cannot be read")
    wait_for_pair(app_page)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3, 8):
            archive.writestr(f"class{number % 2}/{number}.png", glyph(number))
    add(app_page, {"more.zip": packed.getvalue()})
    expect(app_page.locator("#pool .count")).to_have_text("10 images, all embedded, 1 that cannot be read")
    add(app_page, {"again.png": glyph(1)})
    expect(app_page.locator("#pool .count")).to_contain_text(", 1 identical to others")
    add(app_page, {"broken.zip": b"PK"})
    expect(app_page.locator("[data-testid=toast-body]")).to_contain_text("a zip that is damaged or cut short")
    assert answer(app_page, "sds")
    wait_for_rows(app_page, 3)


def add(app_page, files: dict[str, bytes]) -> None:
    app_page.locator("#pool [data-files]").click()
    field = app_page.locator("#pool input[data-chooser=files]").last
    field.set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": held}
            for name, held in files.items()
        ]
    )


def test_two_people_share_pairs_and_their_agreement_is_shown(app_page, labelling):
    sign_in(app_page, "Anne")
    answer(app_page, "sd" * 10)
    wait_for_rows(app_page, 20)
    earlier = {row.pair for row in standing_labels(logged(labelling.workspace))}
    app_page.locator("#overlap").get_by_text("50 %").click()
    app_page.wait_for_timeout(1000)
    app_page.reload()
    open_tab(app_page, "Label")
    expect(app_page.locator("#overlap input:checked")).to_have_value("50 %")
    sign_in(app_page, "Bob")
    try:
        bobs = answer(app_page, "sd" * 15)
        rows = wait_for_rows(app_page, 50)
    finally:
        app_page.locator("#overlap").get_by_text("nobody").click()
    assert [row.annotator for row in rows] == ["Anne"] * 20 + ["Bob"] * 30
    shared = [each for each in bobs if tuple(sorted(each[:2])) in earlier]
    assert 5 <= len(shared) <= 25
    expect(app_page.locator(".standing table").last).to_contain_text(re.compile(r"Bob\D*\d+\D*\d\.\d\d"))
    app_page.wait_for_function(SHARED_BY_BOB, arg=len(shared))  # follows the log by a moment


def sign_in(app_page, name: str) -> None:
    field = app_page.locator("#masthead input")
    field.fill(name)
    field.blur()
    app_page.wait_for_function(
        "(name) => JSON.parse(sessionStorage.getItem('siamese.queue')).every((pair) => pair.asked === name)"
        " && document.querySelector('.pair-view').dataset.left",
        arg=name,
    )


def test_a_program_asks_and_answers_over_http(labelling):
    client = Client(labelling.url, verbose=False, analytics_enabled=False)
    try:
        told = client.predict(5, "Cleo", api_name="/next_pairs")["pairs"]
        assert len(told) == 5
        assert all(list(each) == ["left", "right", "similarity", "reason", "probability"] for each in told)
        pair = told[0]
        label = client.predict(pair["left"], pair["right"], "same", "Cleo", api_name="/answer")["label_id"]
        unasked = client.predict(pair["left"], pair["right"], "same", "Dan", api_name="/answer")["label_id"]
    finally:
        client.close()
    rows = {row.label_id: row for row in logged(labelling.workspace)}
    row = rows[label]
    assert (row.task, row.reason, float(row.probability)) == ("queue", pair["reason"], pair["probability"])
    assert float(row.koch_similarity) == pytest.approx(pair["similarity"]["koch"])
    assert (rows[unasked].task, rows[unasked].reason) == ("compare", "uploaded")


def test_fingers_do_as_well(browser, labelling):
    context = browser.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    try:
        app_page = open_label(context.new_page(), labelling)
        pair = on_screen(app_page)
        app_page.locator("[data-reply=different]").tap()
        assert given(wait_for_rows(app_page, 1)) == [(*pair, "different")]
        app_page.locator("[data-back]").tap()
        assert wait_for_pair(app_page) == pair
        wait_for_rows(app_page, 2)
        assert app_page.evaluate("document.documentElement.scrollWidth") <= 390
        bottom = app_page.locator("[data-back]").bounding_box()
        assert bottom["y"] + bottom["height"] < 740, "pictures and buttons are on one screen"
    finally:
        context.close()


@pytest.mark.soak
def test_every_word_can_be_read_in_both_themes(app_page):
    press(app_page, "sd")
    expect(app_page.locator(".kept")).to_contain_text("saved")
    for ratio, words in least_contrasts(app_page):
        assert ratio >= 4.5, words
