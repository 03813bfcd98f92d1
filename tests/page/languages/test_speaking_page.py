"""The page in Chinese and Korean, in a browser: its words, what they take, and the switch."""

import pytest
from playwright.sync_api import expect

from helpers.browsing import give_pair, open_page, press

pytestmark = pytest.mark.browser
# Words that are the same in every language: names of networks, files, data and measures, keys, options.
NAMES = """way shot small cnn
Koch CNN EfficientNet Lite ResNet ImageNet Omniglot Siamese Workbench CSV UTC ROC Cohen kappa zip
images DIR head full English MIT Brenden Lake background alphabets train data triplets csv Tab Esc Latin
Enter Shift PaCMAP PNG HTML JSON
Anne Bob Cleo Dan"""
# The texts and labels on screen with a word of Latin letters that is no name.
UNTRANSLATED = """(names) => {
  const found = new Set();
  const check = (text) => {
    const named = text.replace(/\\([^)]*[0-9a-f]{8,}\\)/g, ""); // without ids, which may be shortened
    const words = named.match(/[A-Za-z]{3,}/g) || [];
    if (words.some((word) => !names.includes(word))) found.add(text.trim().slice(0, 80));
  };
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility() || element.closest(".checkpoint, [lang=en], script, style")) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt"]) check(element.getAttribute(name) || "");
    for (const node of element.childNodes) if (node.nodeType === 3) check(node.data);
  }
  return [...found];
}"""
# What is wider than its place and cannot be scrolled or cut on purpose.
OVERFLOWING = """() => {
  const scrolls = (element) => getComputedStyle(element).overflowX !== "visible";
  const wide = [];
  for (const element of document.querySelectorAll("main *, #status *")) {
    if (!element.checkVisibility()) continue;
    const box = element.getBoundingClientRect();
    if (box.right <= innerWidth + 1 || box.width === 0) continue;
    let frame = element.parentElement;
    while (frame && frame !== document.body && !scrolls(frame)) frame = frame.parentElement;
    if (!frame?.parentElement || frame.matches("body, .gradio-container")) wide.push(element.outerHTML);
  }
  return wide.map((each) => each.slice(0, 120));
}"""


@pytest.mark.parametrize("language", ["ko", pytest.param("zh-TW", marks=pytest.mark.soak)])
def test_the_whole_page_speaks_the_reader_s_language(page, labelling, language):
    """On every tab at 390 px: no English is left, nothing overflows, and `lang` says what the words are."""
    page.context.add_cookies([{"name": "siamese_language", "value": language, "url": labelling.url}])
    page.set_viewport_size({"width": 390, "height": 720})
    app_page = open_page(page, labelling.url)
    assert app_page.evaluate("document.documentElement.lang") == language
    give_pair(app_page, 600)
    press(app_page, "s")
    expect(app_page.locator(".answer-bar .saved")).to_contain_text("相同" if language == "zh-TW" else "같음")
    wrong = {}
    for tab in app_page.locator("#tabs [role=tab]").evaluate_all(
        "tabs => tabs.map((tab) => tab.dataset.tabId)"
    ):
        app_page.evaluate(f"workbench.links.open('{tab}')")
        app_page.wait_for_timeout(500)
        expect(app_page.locator(".progress-text:visible")).to_have_count(0)  # gradio's own, while it works
        english = app_page.evaluate(UNTRANSLATED, NAMES.split())
        wide = app_page.evaluate(OVERFLOWING)
        if english or wide:
            wrong[tab] = english, wide
    assert not wrong


def test_the_switch_is_kept(page, labelling):
    app_page = open_page(page, labelling.url)
    app_page.locator("[data-speak]").select_option("zh-CN")
    expect(app_page.locator("#tabs [role=tab]").first).to_have_text("比对")
    expect(app_page.locator("#answer-bar .question")).to_have_text("两者相同吗？")
    kept = {cookie["name"]: cookie["value"] for cookie in app_page.context.cookies()}
    assert kept["siamese_language"] == "zh-CN"
