"""What the endpoints answer, key by key. The tests hold real replies against these models.

`API_VERSION` grows before the dot where a key is removed or renamed, behind it where one is added.
"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from siamese_core.errors import INVALID
from siamese_core.page.serving.contract.parameters import ID

API_VERSION = "1.2"
FILES = ("not_uploaded", "not_an_image")
NETWORKS = ("checkpoint_failed", "storage_failed")

ImageId = Annotated[str, Field(pattern=ID)]
Share = Annotated[float, Field(ge=0, le=1)]


class Reply(BaseModel):
    """What an endpoint answers. raises: codes of errors in its place, beside those of every call."""

    model_config = ConfigDict(extra="forbid")
    raises: ClassVar[tuple[str, ...]] = ()


class Said(Reply):
    """What one encoder says."""

    encoder: str = Field(description="The slot: koch or resnet50.")
    checkpoint: str = Field(description="Id of the checkpoint that answered.")
    network: str = Field(description="What people call its network.")
    abstains: bool = Field(description="Whether it abstains, since it does not know such images.")
    why: str = Field(description="Why it abstains, or why this checkpoint was chosen; may be empty.")


class SaidOfPair(Said):
    """What one encoder says of two images."""

    similarity: Share | None = Field(description="Calibrated probability of the same class; null: abstains.")
    threshold: Share = Field(description="From this similarity on the verdict is the same.")
    same: bool | None = Field(description="similarity >= threshold; null where it abstains.")


class Compared(Reply):
    """What both encoders say of two images."""

    class Result(SaidOfPair):
        domain: str = Field(description="Kind of the images, by which the checkpoint was chosen.")
        warning: str = Field(description="Why the number may mean little; empty where nothing is known.")

    raises = (INVALID, *FILES, *NETWORKS)
    left: ImageId = Field(description="Id of the left image, which is stored.")
    right: ImageId = Field(description="Id of the right image.")
    results: list[Result] = Field(description="One an encoder.")


class Explained(Reply):
    """Why both encoders say what they say of two images."""

    class Result(SaidOfPair):
        sentence: str = Field(description="The reason in words.")
        overlays: dict[str, list[str]] = Field(
            description="By kind, PNG files in base64: the left and the right image, with what speaks for it."
        )
        log_odds: float | None = Field(None, description="Log-odds of the same class. Missing: it abstains.")
        method: str | None = Field(None, description="How the regions were found.")
        regions: str | None = Field(None, description="Which regions made them alike or set them apart.")
        links: list[dict] | None = Field(
            None, description="Regions that belong together: {left, right: [x, y] in 0..1, share}."
        )
        nearest: dict | None = Field(None, description="The images of the workspace nearest to each.")

    raises = (INVALID, *FILES, *NETWORKS)
    left: ImageId = Field(description="Id of the left image.")
    right: ImageId = Field(description="Id of the right image.")
    agreement: str = Field(description="In a sentence, whether the encoders agree.")
    results: list[Result] = Field(description="One an encoder.")


class LeftOut(Reply):
    """The files that were passed over."""

    counts: dict[str, int] = Field(description="How many by reason.")
    files: list[dict[str, str]] = Field(description="The first of them: name and why.")
    notes: list[str] = Field(description="What else should be known.")


class Ranked(Reply):
    """The classes of a support set, ranked for a query."""

    class Result(Said):
        class RankedClass(Reply):
            name: str = Field(alias="class", description="The class, its name cleaned.")
            similarity: Share | None = Field(description="Of the query to the class.")

        pick: str | None = Field(description="The most similar class; null: none of these, or it abstains.")
        margin: float | None = Field(description="Similarity of the first class less that of the second.")
        ranking: list[RankedClass] = Field(description="All classes, the most similar first.")
        domain: str = Field(description="Kind of the images, by which the checkpoint was chosen.")
        warning: str = Field(description="Why the numbers may mean little; may be empty.")

    raises = (INVALID, *FILES, *NETWORKS)
    query: ImageId = Field(description="Id of the query, which is stored.")
    results: list[Result] = Field(description="One an encoder.")
    notes: list[str] | None = Field(
        None, description="Class names that are one, or look alike. May be missing."
    )
    left_out: LeftOut | None = Field(None, description="Files that are no image. May be missing.")


class Found(Reply):
    """The images most similar to a query."""

    class Result(Said):
        class Match(Reply):
            file: str = Field(description="Name of the image's file; empty where it has none.")
            image_id: ImageId = Field(description="Id of the image.")
            similarity: Share = Field(description="To the query.")
            same: bool = Field(description="similarity >= threshold.")

        matches: list[Match] = Field(description="The most similar first; none where it abstains.")
        threshold: Share = Field(description="From this similarity on a match is the same.")
        images: int = Field(description="How many were searched.")
        false_hits: float | None = Field(
            description="How many images of other classes this threshold lets by."
        )
        cohort: int = Field(description="Unlabelled images that normalise the scores; 0: none do.")
        domain: str = Field(description="Kind of the images that were searched.")
        warning: str = Field(description="Why the numbers may mean little; may be empty.")

    raises = (INVALID, *FILES, "nothing_to_ask", "not_ready", *NETWORKS)
    query: ImageId = Field(description="Id of the query, which is stored.")
    results: list[Result] = Field(description="One an encoder.")
    left_out: LeftOut = Field(description="Files among the images to label that are no image.")


class Answered(Reply):
    """An answer that is on disk."""

    raises = (INVALID, "unknown_image", "same_image", "request_id_reused", *NETWORKS)
    label_id: str = Field(description="Id of the answer, for /undo. The same for the same request_id.")
    saved: bool = Field(description="True: the row is on disk.")


class Undone(Reply):
    """An answer that is taken back."""

    raises = (INVALID, "unknown_label", "storage_failed")
    label_id: str = Field(description="Id of the row that takes it back.")
    undone: str = Field(description="Id of the answer.")
    saved: bool = Field(description="True: the row is on disk.")


class NextPairs(Reply):
    """Pairs to answer next."""

    class Pair(Reply):
        left: ImageId = Field(description="Id of an image; GET /pictures/ID.png shows it.")
        right: ImageId = Field(description="Id of the other.")
        similarity: dict[str, Share | None] = Field(description="By encoder; null where it abstains.")
        reason: str = Field(description="Why the pair is asked.")
        probability: Share = Field(description="The chance with which it was drawn.")

    raises = (INVALID, "nothing_to_ask", *NETWORKS)
    pairs: list[Pair] = Field(description="At most as many as were asked for, fewer where none are left.")


class Status(Reply):
    """What serves, and how much is answered."""

    class Slot(Reply):
        state: str = Field(description="waiting, loading, ready or failed.")
        checkpoint: str | None = Field(description="Id of what compares handwriting, once it is loaded.")
        problem: str | None = Field(description="Why it cannot serve.")
        photographs: str | None = Field(description="Id of what compares photographs.")
        fixed: str | None = Field(description="Id of what compares everything, where one was fixed.")

    class Sync(Reply):
        repository: str = Field(description="The dataset repository of answers and images.")
        models: str = Field(description="The model repository of promoted checkpoints.")
        restored: bool = Field(description="Whether this workspace has what the hub had at the start.")
        waiting: int = Field(description="Rows of the log that the hub has not confirmed.")
        since: str | None = Field(description="When the oldest of them was logged, UTC.")
        oldest_seconds: int | None = Field(description="How long ago that was.")
        checkpoints_waiting: int = Field(description="Promotions that the hub has not confirmed.")
        saved_at: str | None = Field(description="When all was on the hub, UTC.")
        problem: str | None = Field(description="What went wrong last; it is tried again.")

    sync: Sync | None = Field(None, description="What is not on the hub yet; with --sync-to only.")
    ready: bool = Field(description="Whether both slots can serve and the log can be read.")
    slots: dict[str, Slot] = Field(description="By encoder.")
    photos_problem: str | None = Field(description="Why no checkpoint for photographs was made.")
    log_problem: str | None = Field(description="Why the log cannot be read; its counts are null then.")
    images: int = Field(description="Images stored.")
    labels: int | None = Field(description="Answers that stand.")
    corrections: int | None = Field(description="Of these, those that contradict an encoder.")
    conflicts: int | None = Field(description="Pairs on which annotators disagree.")
    api_version: str = Field(
        description="Version of this interface: removals before the dot, additions behind."
    )
