"""What the tests of the Label tab do with it."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from helpers.browsing import open_app_page, open_tab
from helpers.samples import alphabet, image_file


def drawn_classes(
    folder: Path, n_classes: int = 12, n_drawers: int = 5, seed: int = 3, nested: bool = True
) -> Path:
    """Drawings of some characters by several hands: folder/character/drawer.png, or all in one folder."""
    for number, by_drawer in enumerate(alphabet(np.random.default_rng(seed), n_classes, n_drawers, 64)):
        for drawer, drawing in enumerate(by_drawer):
            name = f"c{number:02d}/d{drawer}.png" if nested else f"c{number:02d}_d{drawer}.png"
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(image_file(drawing))
    return folder


def open_label(page: Page, server) -> Page:
    """The Label tab with a pair on screen."""
    app_page = open_app_page(page, server)
    open_tab(app_page, "Label")
    expect(app_page.locator("#pool .count")).to_contain_text("all embedded")
    wait_for_pair(app_page)
    return app_page


def wait_for_pair(app_page: Page) -> tuple[str, str]:
    """The ids of the pair on screen."""
    expect(app_page.locator("#label .pair-view:not(.empty)")).to_be_visible()
    return on_screen(app_page)


def on_screen(app_page: Page) -> tuple[str, str]:
    """Both ids at one moment."""
    left, right = app_page.locator("#label .pair-view").evaluate(
        "view => [view.dataset.left, view.dataset.right]"
    )
    return left, right
