"""The Evaluate tab in a real browser: from images to plots, pairs and a game, and no other host."""

import re
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from helpers.browsing import PATIENT_MS, open_page, open_tab, press

FIGURE = ".js-plotly-plot .main-svg"


def fill(page: Page, label: str, value: int) -> None:
    field = page.locator("#evaluate-settings").get_by_label(label, exact=True)
    field.first.fill(str(value))
    field.first.press("Tab")


@pytest.mark.browser
def test_images_are_measured_looked_at_and_played_with(page, labelling):
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    open_page(page, labelling.url)
    open_tab(page, "Evaluate")
    expect(page.locator("#evaluated")).to_contain_text("Nothing measured yet")
    page.get_by_label("the images to label").check()
    page.locator("#evaluate-settings button").first.click()
    fill(page, "Trials of each kind", 30)
    fill(page, "Pairs, half of them same", 60)
    page.locator("#evaluate-measure").click()
    expect(page.locator("#evaluated .measured-on")).to_contain_text("12-way 1-shot", timeout=3 * PATIENT_MS)
    for name in ("accuracy_by_n", "accuracy_by_k", "roc", "similarities", "reliability", "confusion"):
        expect(page.locator(f"#plot-{name} {FIGURE}").first).to_be_visible()
    expect(page.locator("#evaluate-figures")).to_contain_text("Both fused")
    assert {host for host in hosts if host} == {urlsplit(labelling.url).netloc}

    page.locator("#confused [data-cell]").first.click()
    pairs = page.locator("#confused-pairs .found-pairs")
    expect(pairs).to_contain_text("taken for")
    pairs.locator("[data-queue]").first.click()
    expect(page.locator("#evaluate-said")).to_contain_text("Asked next in Label.")
    page.get_by_label("few false positives").check()
    expect(page.locator("#threshold-outcome .chosen")).to_contain_text("false positives at most 1 %")

    page.locator("#play [data-begin]").click()
    press(page, "1234567890qw1234567890qw"[:20])
    expect(page.locator("#play .scores .person")).to_contain_text("of 20")
    expect(page.locator("#head-accuracy_by_n, #plot-head-accuracy_by_n")).to_contain_text("a visitor")

    result = re.search(r"result=([\w-]+)", page.url)[1]
    for kind in ("json", "csv", "html"):
        with urlopen(f"{labelling.url}/evaluations/{result}.{kind}") as reply:
            assert reply.status == 200 and "attachment" in reply.headers["Content-Disposition"]
    page.reload()
    expect(page.locator("#evaluated .measured-on")).to_contain_text("images to label")
    link = page.locator("#hardest a[data-link], #confused a[data-link]").first
    if link.count():
        link.click()
        expect(page.locator(".opinions")).to_be_visible()
