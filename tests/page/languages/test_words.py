"""Texts in the reader's language: values in them, messages of other packages, what was built before."""

import json

import pytest
from markupsafe import Markup

from siamese_core.page.languages.chosen import speaking, wanted
from siamese_core.page.languages.forms import forms_of
from siamese_core.page.languages.marks import MARKED
from siamese_core.page.languages.words import Spoken, in_language, t, t_markup, told_message, translation
from siamese_core.page.parts.formatting import counted, minute, percent


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de, fr;q=0.5", "en"),
        ("", "de, ko-KR;q=0.8, en;q=0.5", "ko"),
        ("", "en;q=0.2, zh-Hant-HK", "zh-TW"),
        ("", "zh-HK, en", "zh-TW"),
        ("", "zh, en", "zh-CN"),
        ("", "ko;q=0, zh-CN;q=nonsense, en", "en"),
        ("ko", "zh-TW", "ko"),
        ("tlh", "zh-TW", "zh-TW"),
    ],
)
def test_the_switch_counts_before_the_browser(cookie, accepted, language):
    assert wanted({"siamese_language": cookie}, accepted) == language


def test_outside_of_a_request_it_speaks_english():
    assert t("Same") == "Same" and told_message("anything") == "anything"


def test_values_are_put_in_once_and_escaped_in_markup():
    assert t("{a} and {b}", a="{b}", b=2) == "{b} and 2"
    assert t_markup("<i> {a}{b}", a="<", b=Markup("<b>")) == "&lt;i&gt; &lt;<b>"
    assert t("Received: {x} {y}", y=1) == "Received: {x} 1"


def test_a_message_is_translated_with_its_values_in_it():
    with speaking("zh-TW"):
        assert t("Koch, shipped") == "Koch，內附"
        assert t("auto: both images are ink") == "自動：兩張圖都是筆跡"
        assert isinstance(t("Same"), Spoken) and not isinstance(t("No such message."), Spoken)
        assert told_message("No such message.") == "僅有英文：No such message."


def test_numbers_shares_and_dates_are_written_as_the_language_does():
    written = counted(1200, "answer"), percent(0.5, 1), minute("2026-03-01T10:11:12.345Z")
    assert written == ("1,200 answers", "50.0 %", "2026-03-01 10:11")
    with speaking("ko"):
        written = counted(1200, "answer"), percent(0.5, 1), minute("2026-03-01T10:11:12.345Z")
        assert written == ("답 1,200개", "50.0%", "2026. 3. 1. 10:11")


def test_what_was_built_before_any_request_is_translated_for_each():
    with speaking(MARKED):
        built = {
            "label": t("Same"),
            "html": [Markup('<b title="{}">{}</b>').format(t("Undo"), t_markup("same"))],
            "nested": str(t_markup("{network} says {answer}", network="A&B", answer=t_markup("same"))),
            "quoted": str(Markup("{}").format(t("back to {threshold}, the checkpoint's own", threshold=1))),
            "count": 1,
        }
    assert json.loads(json.dumps(built)) == built
    assert in_language(built, "en") == {
        "label": "Same",
        "html": ['<b title="Undo">same</b>'],
        "nested": "A&amp;B says same",
        "quoted": "back to 1, the checkpoint&#39;s own",
        "count": 1,
    }
    chinese = in_language(built, "zh-TW")
    assert chinese["label"] == "相同" and chinese["html"] == ['<b title="復原">相同</b>']
    assert chinese["nested"] == "A&amp;B 說 相同" and chinese["quoted"] == "回到檢查點原本的 1"


def test_a_value_of_a_message_may_be_anything():
    """As long as it is, with the words that follow it, or with those of other messages in it."""
    for value in ("x" * 10_000, ", 0 bytes" * 1000, "a. Received: b, 0 bytes. c", "{name}", "\n"):
        message = f"An image file must not be empty. Received: {value}, 0 bytes. Save it again."
        assert translation(message, "zh-TW") == f"圖檔不可為空。收到：{value}，0 位元組。請重新儲存。"


def test_a_form_that_is_little_but_values_takes_no_other_message():
    assert translation("12 May", "ko") == "5월 12일"
    assert (
        translation(f"{'No such message, which goes on and on and on. ' * 2}Not before 12 May", "ko") is None
    )


def test_the_form_with_most_words_of_its_own_counts():
    long, short = "{network}, adopted on {day}", "{network}, {text}"
    forms = forms_of([short, "no values", long])
    assert [form.text for form in forms] == [long, short]
    assert forms[0].values("Koch, adopted on 1 May") == {"network": "Koch", "day": "1 May"}
    assert forms[0].values("Koch, adopted on ") is None and forms_of(["{a}-{b}"])[0].values("--") is None
