"""Write numbers, shares, counts and times as the page's language does."""

from siamese_core.annotators.agreement import Kappa
from siamese_core.page.languages.chosen import ENGLISH, spoken
from siamese_core.page.languages.words import t, translatable

SIGNS = {translatable("same"): "=", translatable("different"): "≠", translatable("unsure"): "?"}
CHINESE_DATE = "{0}年{1}月{2}日"
# by language, the date of an ISO 8601 time, and a share of 100
DATES = {
    ENGLISH: "{0}-{1:02}-{2:02}",
    "zh-TW": CHINESE_DATE,
    "zh-CN": CHINESE_DATE,
    "ko": "{0}. {1}. {2}.",
}
PERCENT = {ENGLISH: " %", "zh-TW": "%", "zh-CN": "%", "ko": "%"}


def answer_word(same: bool) -> str:
    return "same" if same else "different"


def similarity_text(similarity: float, decimals: int = 2) -> str:
    return f"{similarity:.{decimals}f}"


def percent(share: float, decimals: int = 0) -> str:
    """Return a share (0..1) for people: "75 %" in English, "75%" in Chinese and Korean."""
    return f"{100 * share:.{decimals}f}{PERCENT.get(spoken(), PERCENT[ENGLISH])}"


def percent_with_interval(share: float, interval: tuple[float, float], decimals: int = 0) -> str:
    """Return a share (0..1) with its 95 % interval: "75 % (65–85)"."""
    low, high = interval
    return f"{percent(share, decimals)} ({100 * low:.0f}–{100 * high:.0f})"


def css_percent(share: float) -> str:
    """Return a share (0..1) as a length for a style attribute: "75.0%"."""
    return f"{100 * share:.1f}%"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return "1 answer", "1,200 answers"; a catalogue has both as "{count} answer" and "{count} answers"."""
    words = noun if count == 1 else plural or noun + "s"
    return t("{count} " + words, count=f"{count:,}")


def minute(created_at: str) -> str:
    """Return the date and minute of an ISO 8601 time: "2026-03-01 10:11" in English."""
    year, month, day = (int(part) for part in created_at[:10].split("-"))
    return f"{DATES.get(spoken(), DATES[ENGLISH]).format(year, month, day)} {created_at[11:16]}"


def named(annotator: str) -> str:
    return annotator or t("(no name)")


def kappa(found: Kappa) -> str:
    """Return a kappa with its 95 % interval, "0.62 (0.41–0.80)", or in words why there is none."""
    if found.value is None:
        return t("too few pairs") if found.too_few else t("all answers equal")
    return f"{found.value:.2f} ({found.interval[0]:.2f}–{found.interval[1]:.2f})"
