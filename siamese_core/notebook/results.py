"""What the methods of a notebook's `Workbench` return: results that show themselves, and are tables.

Each has the workspace's own result within; `_repr_html_` shows it in a notebook, `to_frame` is a table of
pandas, and `plot`, where there is one, a Plotly figure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from siamese_core.images.store import ImageStore
from siamese_core.labelling.asked import Question
from siamese_core.notebook.rendering import answer_word, render
from siamese_core.searching.asking import Matches
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.ranking import Ranking
from siamese_core.workspace.results import OneShotResult, PairResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = 20  # classes, images or pairs of a list, in HTML


@dataclass(frozen=True, repr=False)
class Compared:
    """What the encoders say of a pair. notes: why each was asked or abstains, and what is wrong, in words."""

    said: PairResult
    images: ImageStore
    notes: tuple[str, ...] = ()

    @property
    def left_id(self) -> str:
        """The id of the left image."""
        return self.said.left_id

    @property
    def right_id(self) -> str:
        """The id of the right image."""
        return self.said.right_id

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What each encoder says."""
        return self.said.comparisons

    @property
    def similarity(self) -> dict[str, float | None]:
        """The similarity 0..1 by encoder, None of one that abstains."""
        return {each.encoder: each.similarity for each in self.comparisons}

    @property
    def same(self) -> dict[str, bool | None]:
        """The verdict by encoder, None of one that abstains."""
        return {each.encoder: each.same for each in self.comparisons}

    def to_frame(self) -> pd.DataFrame:
        """Return a row an encoder: similarity, threshold, verdict, and why."""
        return pd.DataFrame(self.said.json()["results"])

    def plot(self) -> "go.Figure":
        """Return the similarities as bars, with the thresholds."""
        from siamese_core.notebook.plots import similarity_bars

        return similarity_bars(self.comparisons)

    def __repr__(self) -> str:
        told = (
            f"{each.network}: abstains"
            if each.similarity is None
            else f"{each.network}: {each.similarity:.2f} {answer_word(each.same)}"
            for each in self.comparisons
        )
        return f"<{', '.join(told)}>"

    def _repr_html_(self) -> str:
        return render("compared", said=self.said, images=self.images, notes=self.notes)


@dataclass(frozen=True, repr=False)
class Ranked:
    """The classes of a support set by their similarity to a query. notes: as of `Compared`."""

    said: OneShotResult
    images: ImageStore
    notes: tuple[str, ...] = ()

    @property
    def rankings(self) -> tuple[Ranking, ...]:
        """The ranking of each encoder."""
        return self.said.rankings

    @property
    def picks(self) -> dict[str, str | None]:
        """The class that each encoder picks; None where it abstains, or where it is none of these."""
        return {each.encoder: None if each.none_of_these else each.pick for each in self.rankings}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each encoder and class, the most similar class first."""
        rows = [
            (each.encoder, each.network, rank, found.name, found.similarity)
            for each in self.rankings
            for rank, found in enumerate(each.ranking, start=1)
        ]
        return pd.DataFrame(rows, columns=["encoder", "network", "rank", "class", "similarity"])

    def plot(self) -> "go.Figure":
        """Return the similarities of the most similar classes as bars, a colour an encoder."""
        from siamese_core.notebook.plots import ranking_bars

        return ranking_bars(self.rankings, SHOWN)

    def __repr__(self) -> str:
        return f"<{', '.join(f'{name}: {pick}' for name, pick in self.picks.items())}>"

    def _repr_html_(self) -> str:
        first_image = dict(reversed(self.said.support))
        return render(
            "ranked",
            said=self.said,
            images=self.images,
            notes=self.notes,
            first_image=first_image,
            shown=SHOWN,
        )


@dataclass(frozen=True, repr=False)
class FoundImages:
    """The images most similar to a query, by each encoder. notes: as of `Compared`, and what was left out."""

    query_id: str
    matches: tuple[Matches, ...]
    images: ImageStore
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each encoder and image that it found, the most similar first."""
        rows = [
            (each.found.encoder, rank, match["path"], match["image_id"], match["similarity"], match["same"])
            for each in self.matches
            for rank, match in enumerate(each.json()["matches"], start=1)
        ]
        columns = ["encoder", "rank", "path", "image_id", "similarity", "same"]
        return pd.DataFrame(rows, columns=columns)

    def plot(self) -> "go.Figure":
        """Return the similarity of each image that was found, by rank, with the thresholds."""
        from siamese_core.notebook.plots import found_lines

        return found_lines([each.found for each in self.matches])

    def __repr__(self) -> str:
        told = (f"{each.found.encoder}: {len(each.images)} images" for each in self.matches)
        return f"<{', '.join(told)}>"

    def _repr_html_(self) -> str:
        return render("found", **vars(self), shown=SHOWN)


@dataclass(frozen=True, repr=False)
class AskedPairs:
    """Pairs to answer next, in the order in which they are asked: a sequence of `Question`."""

    questions: tuple[Question, ...]
    images: ImageStore
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.questions)

    def __getitem__(self, place: int) -> Question:
        return self.questions[place]

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def to_frame(self) -> pd.DataFrame:
        """Return a row a pair: ids, similarities, why it is asked, and the probability of being drawn."""
        rows = [
            {"left_id": each.left_id, "right_id": each.right_id}
            | {f"{slot}_similarity": said for slot, said in each.similarity.items()}
            | {"reason": each.reason, "probability": each.probability}
            for each in self.questions
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<{len(self)} pairs to answer>"

    def _repr_html_(self) -> str:
        slots = list(self.questions[0].similarity) if self.questions else []
        return render("asked", **vars(self), slots=slots, shown=SHOWN)


@dataclass(frozen=True)
class Status:
    """What serves, and how much has been answered, as `/status` tells it: counts are None without a log."""

    ready: bool
    slots: Mapping[str, dict] = field(repr=False)
    photos_problem: str | None
    log_problem: str | None
    images: int
    labels: int | None
    corrections: int | None
    conflicts: int | None

    def to_frame(self) -> pd.DataFrame:
        """Return a row an encoder: its state and its checkpoints."""
        return pd.DataFrame.from_dict(dict(self.slots), orient="index").rename_axis("encoder").reset_index()

    def _repr_html_(self) -> str:
        problems = [self.photos_problem, self.log_problem, *(each["problem"] for each in self.slots.values())]
        counted = {name: getattr(self, name) for name in ("images", "labels", "corrections", "conflicts")}
        counts = ", ".join(
            f"{'?' if count is None else f'{count:,}'} {name}" for name, count in counted.items()
        )
        return render("status", slots=self.slots, counts=counts, notes=list(filter(None, problems)))
