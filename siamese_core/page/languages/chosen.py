"""Tell which language the reader wants: the one that was chosen on the page, else the browser's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from gradio.context import LocalContext

ENGLISH = "en"
# by the code that stands in the page's `lang`, the name that speakers call it by
LANGUAGES = {ENGLISH: "English", "zh-TW": "繁體中文", "zh-CN": "简体中文", "ko": "한국어"}
COOKIE = "siamese_language"
TRADITIONAL = ("zh-tw", "zh-hk", "zh-mo", "zh-hant")

_spoken: ContextVar[str] = ContextVar("spoken", default="")


def spoken() -> str:
    """Return the language of the answer that is being made."""
    return _spoken.get() or language_of_call()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Make everything within it speak a language of `LANGUAGES`, or, for `marks`, none yet."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def wanted(cookies: Mapping[str, str], accepted: str) -> str:
    """Return the language that a request wants. accepted: its Accept-Language header (RFC 9110)."""
    chosen = cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else accepted_language(accepted)


@lru_cache
def accepted_language(accepted: str) -> str:
    """Return the first language of an Accept-Language header that the page speaks, else English."""
    for tag in _by_preference(accepted):
        if tag.startswith("zh"):
            return "zh-TW" if tag.startswith(TRADITIONAL) else "zh-CN"
        if (primary := tag.partition("-")[0]) in LANGUAGES:
            return primary
    return ENGLISH


def _by_preference(accepted: str) -> list[str]:
    """Return the tags of an Accept-Language header in lower case, the most wanted first."""
    weighted = []
    for part in accepted[:500].split(","):
        tag, _, parameter = part.strip().lower().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        weighted.append((-weight, len(weighted), tag))
    return [tag for weight, _, tag in sorted(weighted) if weight < 0]


def language_of_call() -> str:
    """Return the language of the browser whose event or call is being handled; English outside of one."""
    request = LocalContext.request.get(None)
    try:
        return wanted(request.cookies, request.headers.get("accept-language", ""))
    except AttributeError:  # no request, or one that gradio has made itself
        return ENGLISH
