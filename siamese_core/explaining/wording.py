"""Say in plain words what an encoder made of a pair, with the numbers behind it."""

import re
from collections.abc import Callable, Mapping, Sequence

from siamese_core.explaining.maps import SimilarityMaps
from siamese_core.explaining.neighbours import Neighbours
from siamese_core.explaining.overlay import region, region_at
from siamese_core.explaining.track_record import FEWEST, TrackRecord
from siamese_core.metrics import verdict
from siamese_core.workspace.comparing import Comparison

CLOSE = 0.05  # of a similarity to the threshold: then a hair decides
NAME = re.compile(r"\{(\w+)\}")

Speak = Callable[..., str]  # puts values into a text's {names}, in some language


def in_english(text: str, **values: object) -> str:
    """Return a text with values for its `{names}`."""
    return NAME.sub(lambda found: str(values.get(found[1], found[0])), text)


def sentence(said: Comparison, threshold: float, record: TrackRecord, t: Speak = in_english) -> str:
    """Return verdict, distance from the threshold, track record and whether the encoder knows such images.

    threshold: the one in force, 0..1. Where the encoder abstains, only why.
    """
    if said.abstains:
        return t("{network} {why}.", network=said.network, why=t(said.why))
    parts = [_verdict_words(said, threshold, t)]
    if abs(said.similarity - threshold) < CLOSE:
        parts.append(t("So little decides here."))
    parts += _record_words(record, t)
    parts.append(t("It hardly knows such images.") if said.warning else t("It knows such images."))
    return " ".join(parts)


def agreement(
    comparisons: Sequence[Comparison], thresholds: Mapping[str, float], t: Speak = in_english
) -> str:
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


def nearest_words(found: Neighbours, t: Speak = in_english) -> str:
    """Return how near the nearest other images of the workspace are, "" where it has none."""
    if not found.left or not found.right:
        return ""
    return t(
        "Of {count} other images of the workspace, the nearest has a similarity of {left} to the left "
        "picture and of {right} to the right one.",
        count=f"{found.searched:,}",
        left=f"{found.left[0].similarity:.2f}",
        right=f"{found.right[0].similarity:.2f}",
    )


def regions_words(maps: SimilarityMaps, t: Speak = in_english) -> str:
    """Return in words what the overlays show."""
    alike, apart = (
        dict(zip(("left", "right"), (t(region(each)) for each in both), strict=True))
        for both in (maps.alike, maps.apart)
    )
    words = [
        t(
            "Made them alike: most in the {left} of the left picture and the {right} of the right one.",
            **alike,
        ),
        t(
            "Set them apart: most in the {left} of the left picture and the {right} of the right one.",
            **apart,
        ),
    ]
    links = [
        t("{left} with {right}", left=t(region_at(each.left)), right=t(region_at(each.right)))
        for each in maps.links
    ]
    return " ".join(words + ([t("Places that match: {links}.", links="; ".join(links))] if links else []))


def _verdict_words(said: Comparison, threshold: float, t: Speak) -> str:
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


def _record_words(record: TrackRecord, t: Speak) -> list[str]:
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
