"""A team on one server: three people in three browsers, each with their own name and rights."""

import pytest
from playwright.sync_api import Browser, Page, expect

from helpers.browsing import (
    PATIENT_MS,
    add_images,
    give_pair,
    glyph,
    least_contrasts,
    logged,
    open_tab,
    press,
)
from helpers.logins import PASSWORD, PEOPLE, three_people
from helpers.servers import Server
from helpers.small_checkpoints import promote_small
from siamese_core.accounts.account_file import AccountFile
from siamese_core.accounts.audit import AuditLog

pytestmark = [pytest.mark.browser, pytest.mark.soak]
NOT_AN_OWNER = "What is grey here is for owners"
SIZES = {"1280": (1280, 720), "390": (390, 844)}


@pytest.fixture(scope="module")
def team(serve, tmp_path_factory) -> Server:
    home = tmp_path_factory.mktemp("team") / "workspace"
    promote_small(home, "koch", "resnet50")
    three_people(AccountFile(home / "users.json"))
    server = serve("--auth", str(home / "users.json"), workspace=home)
    server.wait_until_ready()
    return server


def log_in(page: Page, server: Server, name: str) -> None:
    page.set_default_timeout(PATIENT_MS)
    page.goto(server.url)
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#status .slot.ready")).to_have_count(2)
    page.wait_for_function("window.workbench && document.querySelector('.answer-bar')")


@pytest.fixture(scope="module")
def people(browser: Browser, team: Server) -> dict[str, Page]:
    """The page of each of three people, in a browser of its own."""
    pages = {name: browser.new_context(viewport={"width": 1280, "height": 720}).new_page() for name in PEOPLE}
    for name, page in pages.items():
        log_in(page, team, name)
    yield pages
    for page in pages.values():
        page.context.close()


def test_three_people_answer_at_once_each_under_their_own_name(people, team):
    for seed, page in enumerate(people.values()):
        give_pair(page, seed)
    for page in people.values():
        press(page, "s")
    for name, page in people.items():
        expect(page.locator(".masthead input[type=text]")).to_have_value(name)
        expect(page.locator(".masthead input[type=text]")).not_to_be_editable()
        page.wait_for_function("workbench.outbox.unsaved === 0")
    assert sorted(row.annotator for row in logged(team.workspace)) == sorted(PEOPLE)


def test_each_sees_what_their_role_closes_and_the_server_refuses_it(people, team):
    for name, page in people.items():
        open_tab(page, "Retrain")
        before = page.locator("#retrain-start").locator("xpath=preceding-sibling::*[1]")
        told = before.filter(has_text=NOT_AN_OWNER)
        expect(told).to_have_count(0 if PEOPLE[name] == "owner" else 1)
    page = people["Ann"]
    page.evaluate("document.querySelectorAll('[inert]').forEach((each) => (each.inert = false))")
    page.evaluate("document.querySelector('#retrain-start').click()")
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("Owners may do this")


def test_an_owner_adds_images_that_all_label(people, team):
    open_tab(people["Ann"], "Label")
    expect(people["Ann"].locator(".not-allowed", has_text=NOT_AN_OWNER).first).to_be_visible()
    open_tab(people["Oda"], "Label")
    add_images(people["Oda"], {f"{i}.png": glyph(i) for i in range(24)})  # each pair is asked once
    expect(people["Oda"].locator("#label .sight img").first).to_be_visible()
    for name in ("Ann", "Rex"):  # who looked before there was any image
        people[name].reload()
        open_tab(people[name], "Label")
        expect(people[name].locator("#label .sight img").first).to_be_visible()
    before = len(logged(team.workspace))
    for page in people.values():
        press(page, "d")
        page.wait_for_function("workbench.outbox.unsaved === 0")
    added = logged(team.workspace)[before:]
    assert sorted(row.annotator for row in added) == sorted(PEOPLE)
    assert [each["who"] for each in AuditLog(team.workspace).entries() if each["what"] == "import"] == ["Oda"]


def test_who_is_removed_is_out_at_once_and_loses_no_answer(browser, team):
    file = AccountFile(team.workspace / "users.json")
    file.add_user("Gus", "annotator", PASSWORD)
    page = browser.new_context().new_page()
    log_in(page, team, "Gus")
    give_pair(page, 7)
    before = len(logged(team.workspace))
    removed = file.path.read_bytes()
    file.remove("users", "Gus")
    press(page, "s")
    expect(page.locator(".session-ended")).to_contain_text("You are logged out")
    assert len(logged(team.workspace)) == before
    file.path.write_bytes(removed)
    with page.context.expect_page() as opened:
        page.locator(".session-ended a").click()
    login = opened.value
    login.get_by_label("Name", exact=True).fill("Gus")
    login.get_by_label("Password").fill(PASSWORD)
    login.get_by_role("button", name="Log in").click()
    page.wait_for_function("workbench.outbox.unsaved === 0")
    assert logged(team.workspace)[-1].annotator == "Gus"
    login.wait_for_function("window.workbench && document.querySelector('.logout')")
    login.get_by_role("button", name="Log out").click()
    expect(login.get_by_label("Password")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_forms_and_the_page_look_right(browser, team, screenshots, size, theme):
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{team.url}/login")
    page.screenshot(path=screenshots / f"login_{size}_{theme}.png")
    page.get_by_label("Name", exact=True).fill("Ann")
    page.get_by_label("Password").fill("wrong horse")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.screenshot(path=screenshots / f"login_refused_{size}_{theme}.png")
    log_in(page, team, "Ann")
    page.screenshot(path=screenshots / f"team_annotator_{size}_{theme}.png")
    open_tab(page, "Retrain")
    expect(page.locator(".not-allowed").first).to_be_visible()
    page.screenshot(path=screenshots / f"team_retrain_{size}_{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if size == "1280" and theme == "light":
        page.evaluate("document.querySelectorAll('[inert]').forEach((each) => each.remove())")
        assert all(ratio >= 4.5 for ratio, _ in least_contrasts(page))
    context.close()
