"""Write numbers, shares, counts and times as the page shows them."""

SIGNS = {"same": "=", "different": "≠", "unsure": "?"}


def answer_word(same: bool) -> str:
    return "same" if same else "different"


def similarity_text(similarity: float, decimals: int = 2) -> str:
    return f"{similarity:.{decimals}f}"


def percent(share: float, decimals: int = 0) -> str:
    """Return a share (0..1) for people: "75 %"."""
    return f"{100 * share:.{decimals}f} %"


def percent_with_interval(share: float, interval: tuple[float, float], decimals: int = 0) -> str:
    """Return a share (0..1) with its 95 % interval: "75 % (65–85)"."""
    low, high = interval
    return f"{percent(share, decimals)} ({100 * low:.0f}–{100 * high:.0f})"


def css_percent(share: float) -> str:
    """Return a share (0..1) as a length for a style attribute: "75.0%"."""
    return f"{100 * share:.1f}%"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return "1 answer", "1,200 answers"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def minute(created_at: str) -> str:
    """Return the date and minute of an ISO 8601 time: "2026-03-01 10:11"."""
    return f"{created_at[:10]} {created_at[11:16]}"


def named(annotator: str) -> str:
    return annotator or "(no name)"
