"""Say in plain words what an encoder made of a pair, with the numbers behind it."""

from collections.abc import Mapping, Sequence

from siamese_core.explaining.track_record import FEWEST, TrackRecord
from siamese_core.metrics import verdict
from siamese_core.page.languages.words import t
from siamese_core.workspace.comparing import Comparison

CLOSE = 0.05  # of a similarity to the threshold: then a hair decides


def sentence(said: Comparison, threshold: float, record: TrackRecord) -> str:
    """Return verdict, distance from the threshold, track record and whether the encoder knows such images.

    threshold: the one in force, 0..1. Where the encoder abstains, only why.
    """
    if said.abstains:
        return t("{network} {why}.", network=said.network, why=t(said.why))
    parts = [_verdict_words(said, threshold)]
    if abs(said.similarity - threshold) < CLOSE:
        parts.append(t("So little decides here."))
    parts += _record_words(record)
    parts.append(t("It hardly knows such images.") if said.warning else t("It knows such images."))
    return " ".join(parts)


def agreement(comparisons: Sequence[Comparison], thresholds: Mapping[str, float]) -> str:
    """Return whether the encoders that judge agree, "" where fewer than two do."""
    judging = [each for each in comparisons if not each.abstains]
    if len(judging) < 2:
        return ""
    answers = {
        bool(verdict(each.similarity, thresholds.get(each.encoder, each.threshold))) for each in judging
    }
    if len(answers) == 1:
        return t("Both encoders agree, though for reasons of their own.")
    return t("The encoders disagree: compare what each of them looks at.")


def _verdict_words(said: Comparison, threshold: float) -> str:
    values = {
        "network": said.network,
        "similarity": f"{said.similarity:.2f}",
        "distance": f"{abs(said.similarity - threshold):.2f}",
        "threshold": f"{threshold:.2f}",
    }
    if verdict(said.similarity, threshold):
        return t(
            "{network} says same: its similarity is {similarity}, {distance} above its threshold of "
            "{threshold}.",
            **values,
        )
    return t(
        "{network} says different: its similarity is {similarity}, {distance} below its threshold of "
        "{threshold}.",
        **values,
    )


def _record_words(record: TrackRecord) -> list[str]:
    between = {"low": f"{record.low:.2f}", "high": f"{record.high:.2f}", "answers": record.answers}
    if record.is_known:
        least, most = (f"{100 * each:.0f}" for each in record.interval)
        known = {"right": record.right, "share": f"{100 * record.share:.0f}", "least": least, "most": most}
        return [
            t(
                "Of {answers} answered pairs from {low} to {high}, it was right about {right} ({share} %, "
                "95 % interval {least} to {most} %).",
                **between,
                **known,
            )
        ]
    words = [
        t(
            "How often it is right from {low} to {high} on images like these is unknown: {answers} of the "
            "{fewest} answers that it takes.",
            fewest=FEWEST,
            **between,
        )
    ]
    if record.accuracy is not None and record.held_out:
        share, pairs = f"{100 * record.accuracy:.0f}", f"{record.held_out:,}"
        words.append(
            t(
                "On {pairs} held-out pairs of its own kind it was right about {share} %.",
                pairs=pairs,
                share=share,
            )
        )
    return words
