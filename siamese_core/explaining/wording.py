"""Say in plain words what an encoder made of a pair, with the numbers behind it."""

from siamese_core.explaining.track_record import FEWEST, TrackRecord
from siamese_core.metrics import verdict
from siamese_core.workspace.comparing import Comparison

CLOSE = 0.05  # of a similarity to the threshold: then a hair decides


def sentence(said: Comparison, threshold: float, record: TrackRecord) -> str:
    """Return verdict, distance from the threshold, track record and whether the encoder knows such images.

    threshold: the one in force, 0..1. Where the encoder abstains, only why.
    """
    if said.abstains:
        return f"{said.network} {said.why}."
    apart = said.similarity - threshold
    answer = "same" if verdict(said.similarity, threshold) else "different"
    where = f"{abs(apart):.2f} {'above' if apart >= 0 else 'below'} its threshold of {threshold:.2f}"
    close = ", so that little decides" if abs(apart) < CLOSE else ""
    known = "It hardly knows such images." if said.warning else "It knows such images."
    return (
        f"{said.network} says {answer}: its similarity is {said.similarity:.2f}, {where}{close}. "
        f"{_record_words(record)} {known}"
    )


def agreement(comparisons: list[Comparison], thresholds: dict[str, float]) -> str:
    """Return whether the encoders that judge agree, "" where fewer than two do."""
    judging = [each for each in comparisons if not each.abstains]
    if len(judging) < 2:
        return ""
    answers = {
        bool(verdict(each.similarity, thresholds.get(each.encoder, each.threshold))) for each in judging
    }
    if len(answers) == 1:
        return "Both encoders agree, though for reasons of their own."
    return "The encoders disagree: compare what each of them looks at."


def _record_words(record: TrackRecord) -> str:
    between = f"{record.low:.2f} to {record.high:.2f}"
    if record.is_known:
        low, high = record.interval
        return (
            f"Of {record.answers} answered pairs from {between}, it was right about {record.right} "
            f"({100 * record.share:.0f} %, 95 % interval {100 * low:.0f} to {100 * high:.0f} %)."
        )
    unknown = (
        f"How often it is right there, from {between} on images like these, is unknown: {record.answers} "
        f"answers, of {FEWEST} that it takes"
    )
    if record.accuracy is not None and record.held_out:
        return (
            f"{unknown}; on {record.held_out:,} held-out pairs of its own kind it was right about "
            f"{100 * record.accuracy:.0f} %."
        )
    return f"{unknown}."
