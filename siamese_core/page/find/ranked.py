"""Rank the images that are searched for a query: by each encoder, or by both as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siamese_core.evaluation.fusion import Fusion, for_images_of, load_fusion
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metrics import bounded_logit, verdict
from siamese_core.page.parts.galleries import Searched
from siamese_core.searching.best import Scan, combined
from siamese_core.searching.finding import Query, abstains, share_above
from siamese_core.searching.gallery import Gallery
from siamese_core.searching.near_duplicates import near_duplicates
from siamese_core.workspace.abstaining import doubt_of
from siamese_core.workspace.workbench import Workbench

FUSED = "fused"
BATCH = 24  # images that come at a time
SPARE = 8  # images looked at beyond, since near-duplicates are shown as one


@dataclass(frozen=True)
class Judge:
    """One encoder's side of a search. abstains: in words why it does not judge, "" where it does."""

    slot: str
    gallery: Gallery
    scan: Scan
    abstains: str
    trust: float

    @property
    def threshold(self) -> float:
        return self.gallery.checkpoint.threshold

    def similarity(self, log_odds: np.ndarray) -> np.ndarray:
        return doubted(expit(log_odds), self.trust, self.threshold)


@dataclass(frozen=True)
class Ranking:
    """Images in an order.

    threshold: 0..1; trust: 0..1, how much similarities count; false_hits: about how many of the images pass
    the threshold although they are different, at most, None where that is not known.
    """

    scan: Scan
    threshold: float
    trust: float
    false_hits: float | None


@dataclass(frozen=True)
class Tile:
    """An image that was found. similarity, same: of the ranking; said: by slot, as `verdict_on_screen` reads
    it; alike: ids of its near-duplicates, which are not shown; answer: one that stands, "" for none."""

    image_id: str
    name: str
    similarity: float
    same: bool
    said: Mapping[str, dict]
    alike: tuple[str, ...]
    answer: str

    @property
    def disagree(self) -> bool:
        return len({each["same"] for each in self.said.values() if not each["abstains"]}) > 1


def judges(workbench: Workbench, searched: Searched, query: np.ndarray) -> list[Judge]:
    """Ask every encoder that serves about a query, uint8 (height, width, 3)."""
    matcher, found = workbench.matcher, []
    domain = matcher.domain([query])
    for slot, whole in searched.galleries.items():
        embedding = matcher.embed(slot, [query], searched.domain)
        gallery = whole.for_query(embedding)
        why = abstains(gallery, Query(embedding, domain, searched.domain)) or ""
        (scan,), (trust,) = gallery.scans(embedding), gallery.trust(embedding)
        found.append(Judge(slot, gallery, scan, why, float(trust)))
    return found


def ranking_by(workbench: Workbench, searched: Searched, asked: Sequence[Judge], by: str) -> Ranking:
    """Return the ranking of one encoder, or of all that judge as one. by: a slot, or `FUSED`."""
    judging = [each for each in asked if not each.abstains] or list(asked)
    alone = next((each for each in asked if each.slot == by), judging[0])
    if by != FUSED or len(judging) == 1:
        rate = share_above(alone.gallery.sampled_log_odds, float(bounded_logit(alone.threshold)))
        return Ranking(alone.scan, alone.threshold, alone.trust, _hits(searched, rate))
    stored = load_fusion(workbench.checkpoints.shipped_folder, searched.domain)
    fusion = for_images_of(searched.domain, stored, [each.gallery.checkpoint for each in judging])
    return _fused(searched, judging, fusion)


def _fused(searched: Searched, judging: Sequence[Judge], fusion: Fusion) -> Ranking:
    weights = [getattr(fusion, each.slot) for each in judging]
    scan = combined([each.scan for each in judging], weights, fusion.intercept)
    samples = [w * each.gallery.sampled_log_odds for w, each in zip(weights, judging, strict=True)]
    rate = share_above(sum(samples) + fusion.intercept, float(bounded_logit(fusion.threshold)))
    trust = min(each.trust for each in judging)
    return Ranking(scan, fusion.threshold, trust, _hits(searched, rate))


def _hits(searched: Searched, rate: float | None) -> float | None:
    return None if rate is None else rate * len(searched.ids)


def tiles(
    searched: Searched, asked: Sequence[Judge], ranking: Ranking, count: int, answers: Mapping[str, str]
) -> list[Tile]:
    """Return the first `count` images of a ranking, near-duplicates as one.

    answers: that stand about the query and another image, by that image's id; the query itself is "".
    """
    places, log_odds = ranking.scan.best(count + SPARE)
    kept = np.array([answers.get(searched.ids[place]) != "" for place in places.tolist()], bool)
    places, log_odds = places[kept], log_odds[kept]
    if not len(places):
        return []
    similarity = doubted(expit(log_odds), ranking.trust, ranking.threshold)
    said = _said(asked, places)
    rows = [each.gallery.take(places) for each in asked]
    groups = near_duplicates([each.gallery for each in asked], rows).tolist()
    found: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        found.setdefault(group, []).append(number)
    ids = [searched.ids[place] for place in places.tolist()]
    return [
        Tile(
            ids[first],
            searched.names.get(ids[first], ""),
            float(similarity[first]),
            bool(verdict(similarity[first], ranking.threshold)),
            {slot: each[first] for slot, each in said.items()},
            tuple(ids[other] for other in others),
            answers.get(ids[first], ""),
        )
        for first, *others in found.values()
    ][:count]


def _said(asked: Sequence[Judge], places: np.ndarray) -> dict[str, list[dict]]:
    """Return by slot what each encoder says of the query with some images, as the log has it."""
    found = {}
    for each in asked:
        numbers = each.similarity(each.scan.exact(places)).tolist()
        head = {"checkpoint": each.gallery.checkpoint.id, "threshold": each.threshold}
        head |= {"abstains": bool(each.abstains)}
        found[each.slot] = [
            head | {"similarity": number, "same": bool(verdict(number, each.threshold))} for number in numbers
        ]
    return found


def doubt(asked: Sequence[Judge]) -> str:
    """Return in words that what the encoders say counts little here, "" where it counts."""
    judging = [each for each in asked if not each.abstains]
    return next(filter(None, (doubt_of(each.trust) for each in judging)), "")
