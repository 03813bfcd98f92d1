"""Groups and near-duplicates in a real browser: confirm, split, merge, undo, class folders, set aside."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from helpers.browsing import logged, open_app_page, open_tab, press, wait_for_rows
from helpers.labelling import drawn_classes
from helpers.small_checkpoints import promote_small
from siamese_core.answers.settled import standing_labels
from siamese_core.data.datasets import load_dataset
from siamese_core.labelling.set_aside import SetAside

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def drawings(serve, tmp_path_factory):
    """An app with five characters by four hands, one drawing twice but for a pixel."""
    home = tmp_path_factory.mktemp("groups")
    drawn_classes(home / "images", 5, 4)
    pixels = np.array(Image.open(home / "images" / "c00" / "d0.png"))
    pixels[0, 0] = 250
    copy = io.BytesIO()
    Image.fromarray(pixels).save(copy, "PNG")
    (home / "images" / "c00" / "copy.png").write_bytes(copy.getvalue())
    promote_small(home / "workspace", "koch", "resnet50")
    server = serve("--images", str(home / "images"), workspace=home / "workspace")
    server.wait_until_ready()
    return server


def opened(page, server, view: str):
    app_page = open_app_page(page, server)
    open_tab(app_page, "Find")
    app_page.locator(f"button[data-find-view={view}]").click()
    expect(app_page.locator(f"#{view} .groups")).to_be_visible()
    return app_page


def images_of(group) -> list[str]:
    return group.get_attribute("data-images").split()


def test_groups_are_confirmed_split_merged_and_taken_back(page, drawings, tmp_path):
    app_page = opened(page, drawings, "groups")
    assert "view=groups" in app_page.url
    groups = app_page.locator("#groups .group")
    first = images_of(groups.first)
    groups.first.locator("[data-confirm]").click()
    rows = wait_for_rows(app_page, len(first) - 1)
    assert {(row.answer, row.reason, row.probability, row.note) for row in rows} == {
        ("same", "search", "1.0", "group")
    }
    assert len({row.group_id for row in rows}) == 1
    assert all(row.koch_checkpoint and row.resnet50_checkpoint for row in rows)
    confirmed = groups.filter(has_text="confirmed")
    expect(confirmed).to_have_count(1)
    assert set(images_of(confirmed)) == set(first)

    confirmed.locator("[data-tick]").nth(1).click()
    expect(confirmed.locator("[data-split]")).to_contain_text("Split off the 1 ticked")
    whole = images_of(groups.first)
    groups.first.locator("[data-tick]").last.click()
    groups.first.locator("[data-split]").click()
    apart = wait_for_rows(app_page, len(first) - 1 + len(whole) - 1)[len(first) - 1 :]
    assert {(row.answer, row.left_id) for row in apart} == {("different", whole[-1])}
    expect(app_page.locator("#groups .saved")).to_contain_text("Saved: they are different")
    expect(app_page.locator("#groups .group.sent")).to_have_count(0)
    together = groups.evaluate_all("all => all.map((each) => each.dataset.images.split(' '))")
    assert not [each for each in together if whole[-1] in each and set(whole[:-1]) & set(each)]

    medoids = [images_of(groups.nth(place))[0] for place in range(2)]
    for place in range(2):
        groups.nth(place).locator("[data-choose]").check()
    app_page.locator("#groups [data-merge]").click()
    merged = wait_for_rows(app_page, len(first) + len(whole) - 1)[-1]
    assert (merged.answer, {merged.left_id, merged.right_id}) == ("same", set(medoids))
    expect(app_page.locator("#groups .group.sent")).to_have_count(0)

    file = tmp_path / "groups.zip"
    file.write_bytes(app_page.request.get(f"{drawings.url}/groups.zip").body())
    assert len(np.unique(load_dataset([file]).labels)) == groups.count()

    for left in (len(first) + len(whole) - 2, len(first) - 1, 0):
        press(app_page, "z")
        expect(app_page.locator("#groups .saved")).to_have_text("Taken back")
        app_page.wait_for_function("!workbench.outbox.unsaved")
        assert len(standing_labels(app_page.rows())) == left


def test_a_near_duplicate_is_set_aside_and_brought_back(page, drawings):
    app_page = opened(page, drawings, "duplicates")
    sets = app_page.locator("#duplicates .group")
    expect(sets).to_have_count(1)
    stays, copy = images_of(sets)
    aside = SetAside(Path(drawings.workspace) / "pool" / "set_aside.jsonl")
    sets.locator("[data-rest]").click()
    expect(app_page.locator("#duplicates .aside [data-back]")).to_have_count(2)
    assert aside.ids == {copy}
    app_page.evaluate(f"workbench.links.go('find', {{query: '{stays}'}})")
    tiles = app_page.locator("#found .tile")
    expect(tiles.nth(8)).to_be_visible()
    assert copy not in tiles.evaluate_all("all => all.map((each) => each.dataset.id)")
    app_page.locator("button[data-find-view=duplicates]").click()
    press(app_page, "z")
    expect(sets).to_have_count(1)
    assert aside.ids == frozenset()
    assert not logged(drawings.workspace) or not standing_labels(app_page.rows())
