"""Draw the rankings of both encoders for a query: a card each, a bar for each class."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.metrics import verdict
from siamese_core.page.languages.words import t
from siamese_core.page.parts.advice import advice
from siamese_core.page.parts.formatting import similarity_text
from siamese_core.page.parts.templates import render
from siamese_core.workspace.ranking import RankedClass, Ranking
from siamese_core.workspace.results import OneShotResult

SHOWN_CLASSES = 8  # of a ranking
MOST_DECIMALS = 4  # of a similarity
SEVERAL = 4  # classes, from which on it is odd that all of them are above the threshold


@dataclass(frozen=True)
class RankingCard:
    """One encoder's ranking as it is drawn.

    faces: by class, the id of an image that stands for it; tie: why the first two cannot be told apart, or
    empty.
    """

    ranking: Ranking
    faces: Mapping[str, str]
    tie: str = ""

    @property
    def decimals(self) -> int:
        """Return how many decimals tell the first two classes apart: two, or up to `MOST_DECIMALS`."""
        first = [each.similarity for each in self.ranking.ranking[:2]]
        finer = range(2, MOST_DECIMALS)
        enough = (each for each in finer if len({similarity_text(s, each) for s in first}) == len(first))
        return next(enough, MOST_DECIMALS)

    @property
    def all_same(self) -> bool:
        """Whether the threshold tells nothing: it calls the query the same as each of several classes."""
        alike = [self.is_same(each) for each in self.ranking.ranking]
        return len(alike) >= SEVERAL and all(alike)

    @property
    def false_hits(self) -> float | None:
        """Return how many wrong classes are expected above the threshold.

        None where they are few classes or the rate is not known.
        """
        rate, classes = self.ranking.false_positive_rate, len(self.ranking.ranking)
        return None if rate is None or classes < SEVERAL else rate * (classes - 1)

    @property
    def second(self) -> str:
        ranked = self.ranking.ranking
        return ranked[1].name if len(ranked) > 1 else t("nothing")

    @property
    def first(self) -> Sequence[RankedClass]:
        return self.ranking.ranking[:SHOWN_CLASSES]

    @property
    def rest(self) -> Sequence[RankedClass]:
        return self.ranking.ranking[SHOWN_CLASSES:]

    def is_same(self, ranked: RankedClass) -> bool:
        return bool(verdict(ranked.similarity, self.ranking.threshold))


def rankings(
    result: OneShotResult, slots: Mapping[str, Mapping], names: CheckpointNames, mixed: bool = False
) -> Markup:
    """Return a card for each encoder, asked anyway where it abstains.

    slots: of `Workbench.slots()`; mixed: the query is of another domain than the support set.
    """
    said = {ranking.encoder: ranking for ranking in result.rankings}
    judging = {name: each for name, each in said.items() if not each.abstains}
    faces = {name: image_id for name, image_id in reversed(result.support)}
    return render(
        "one_shot/ranking.html.jinja",
        query_id=result.query_id,
        support=json.dumps(result.support),
        own_picks=json.dumps({name: each.pick for name, each in judging.items()}),
        made=time.monotonic_ns(),  # gradio does not redraw an equal value
        picks=[(each.network, picked(each)) for each in judging.values()],
        abstaining={name: each.network for name, each in said.items() if each.abstains},
        advice=advice([each.abstains for each in result.rankings], slots, mixed),
        cards={name: RankingCard(each, faces, result.tie(each)) for name, each in said.items()},
        slots=slots,
        names=names,
    )


def picked(ranking: Ranking) -> str:
    return t("none of these") if ranking.none_of_these else ranking.pick
