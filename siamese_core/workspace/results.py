"""What a comparison and a ranking of stored images give, and their JSON."""

from dataclasses import dataclass

from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.ranking import Ranking

EQUAL = 5e-5  # difference of similarities that four decimals, the most that are shown, hide
# how the checkpoint was picked, and whether it judges such images, beside what it says
TOLD = ("domain", "why", "warning", "network", "abstains")


@dataclass(frozen=True)
class PairResult:
    """What the encoders say of two stored images."""

    left_id: str
    right_id: str
    comparisons: tuple[Comparison, ...]

    def json(self) -> dict:
        keys = ("encoder", "checkpoint", "similarity", "threshold", "same")
        results = [{key: getattr(each, key) for key in (*keys, *TOLD)} for each in self.comparisons]
        return {"left": self.left_id, "right": self.right_id, "results": results}


@dataclass(frozen=True)
class OneShotResult:
    """What the encoders say of a stored query. support: (class name, image id) in the order given."""

    query_id: str
    support: tuple[tuple[str, str], ...]
    rankings: tuple[Ranking, ...]

    def tie(self, ranking: Ranking) -> str:
        """Say why the two best classes of a ranking cannot be told apart; empty where they can."""
        if len(ranking.ranking) < 2:
            return ""
        first, second = ranking.ranking[:2]
        images = [{image for name, image in self.support if name == each.name} for each in (first, second)]
        if images[0] & images[1]:
            return f"{first.name} and {second.name} hold the same image. Keep it in the class that is right."
        if first.similarity - second.similarity < EQUAL:
            return f"{first.name} and {second.name} are equally similar to the query: neither is ahead."
        return ""

    def json(self) -> dict:
        return {"query": self.query_id, "results": [_ranking_json(each) for each in self.rankings]}


def _ranking_json(ranking: Ranking) -> dict:
    return {
        "encoder": ranking.encoder,
        "checkpoint": ranking.checkpoint,
        "pick": None if ranking.none_of_these else ranking.pick,
        "margin": ranking.margin,
        "ranking": [{"class": each.name, "similarity": each.similarity} for each in ranking.ranking],
        **{key: getattr(ranking, key) for key in TOLD},
    }
