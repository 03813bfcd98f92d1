"""An opened workspace: the verbs that the page, HTTP and the command line share."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from siamese_core.answers.corrections import Verdict, correction_of, verdict_cells
from siamese_core.answers.label_row import ANSWERS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import SHIPPED, CheckpointStore
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.imagenet import download_weights, find_weights, photo_checkpoint, switched_off
from siamese_core.workspace.matching import Comparison, Matcher, Ranking, is_same

PHOTO_SLOT = "resnet50"
TOLD = ("domain", "why", "warning")  # how the checkpoint was picked, beside what it says


@dataclass(frozen=True)
class Annotator:
    """Who answers. `source`: "page", "api" or "import"."""

    name: str
    session_id: str = ""
    source: str = "page"


@dataclass(frozen=True)
class Shown:
    """How a pair came before the person: `probability` (0..1) is the chance with which it was drawn;
    `thresholds` (0..1, by slot) are those that the person judged by in place of the checkpoints' own;
    `verdicts`: what each slot said when it was asked about, else it is asked now; `label_id`: the answer's,
    where whoever sends it may have to send it again."""

    task: str = "compare"
    reason: str = "uploaded"
    probability: float | None = None
    milliseconds: float | None = None
    note: str = ""
    group_id: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    label_id: str = ""


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
    """What the encoders say of a stored query. `support`: (class name, image id) in the order given."""

    query_id: str
    support: tuple[tuple[str, str], ...]
    rankings: tuple[Ranking, ...]

    def json(self) -> dict:
        return {"query": self.query_id, "results": [_ranking_json(each) for each in self.rankings]}


class Workbench:
    """Opens (and makes) a workspace; `shipped` is where the project's own checkpoints lie."""

    def __init__(self, workspace: Path, shipped: Path = SHIPPED):
        self.workspace = Path(workspace)
        try:
            self.workspace.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UserError(
                f"A workspace is a folder. Received: {self.workspace}, {problem.strerror}. Name another one."
            ) from problem
        self.images = ImageStore(self.workspace / "images")
        self.log = PairLog(self.workspace / "pairs.csv")
        self.embeddings_folder = self.workspace / "embeddings"  # a folder an encoder
        self.checkpoints = CheckpointStore(self.workspace, shipped)
        self.matcher = Matcher(self.checkpoints)
        self.photos_problem: str | None = None

    def start(self) -> threading.Thread:
        """Loads what serves in the background, then makes a checkpoint for photographs ready: from ImageNet
        weights that are at hand, else from Keras' download. It serves photographs once it is there."""
        thread = threading.Thread(target=self._start, name="start", daemon=True)
        thread.start()
        return thread

    def _start(self) -> None:
        self.matcher.load_in_background().join()
        self._ready_for_photos(download=True)
        self.matcher.load_in_background()

    def ready_for(self, images: Sequence[np.ndarray], encoders: Sequence[str]) -> None:
        """For a process that answers once: makes the checkpoint for photographs ready if it is needed and
        its weights are at hand."""
        if PHOTO_SLOT in encoders and self.matcher.domain(images) == PHOTOGRAPHS:
            self._ready_for_photos(download=False)

    def _ready_for_photos(self, download: bool) -> None:
        try:
            if switched_off():
                return
            weights = find_weights()
            if weights is None and download and not self._for_photographs(PHOTO_SLOT):
                weights = download_weights()
            if weights is not None:
                self.checkpoints.offer(photo_checkpoint(weights, self.checkpoints), PHOTO_SLOT)
        except Exception as failure:  # what serves goes on serving; the status tells
            self.photos_problem = str(failure)

    def compare(self, left: np.ndarray, right: np.ndarray, encoders: Sequence[str] = SLOTS) -> PairResult:
        """Stores both images and compares them."""
        left_id, right_id = self.images.add(left), self.images.add(right)
        return PairResult(left_id, right_id, tuple(self.matcher.compare(left, right, encoders)))

    def one_shot(
        self,
        query: np.ndarray,
        support: Sequence[tuple[str, np.ndarray | StoredImage]],
        encoders: Sequence[str] = SLOTS,
    ) -> OneShotResult:
        """Stores the images and ranks the classes of `support`, (class name, image) each."""
        rankings = tuple(self.matcher.one_shot(query, support, encoders))
        stored = tuple(
            (name, image.id if isinstance(image, StoredImage) else self.images.add(image))
            for name, image in support
        )
        return OneShotResult(self.images.add(query), stored, rankings)

    def answer(
        self, left_id: str, right_id: str, answer: str, who: Annotator, shown: Shown | None = None
    ) -> str:
        """Appends a person's answer with what each slot says now; gives its label_id once it is on disk.

        A slot that cannot serve leaves its cells empty: the answer counts more than the verdict. Sent again
        with the same `label_id`, it is still one answer.
        """
        return self.log.append_once(self._row((left_id, right_id), answer, who, shown or Shown()))

    def answer_one_shot(
        self,
        result: OneShotResult,
        true_class: str | None,
        who: Annotator,
        milliseconds: float | None = None,
    ) -> list[str]:
        """Appends a pair with the nearest image of the true class, and one for each class wrongly picked.

        `true_class` None: none of the classes. The rows share a group_id; gives their label_ids.
        """
        classes = dict.fromkeys(name for name, _ in result.support)
        if true_class is not None and true_class not in classes:
            raise UserError(
                f"The right class must be one of the support set's. Received: {true_class}. "
                f"Choose one of {', '.join(classes)}, or none of these."
            )
        picks = dict.fromkeys(each.pick for each in result.rankings)
        answers = {} if true_class is None else {true_class: "same"}
        answers |= {pick: "different" for pick in picks if pick != true_class}
        pairs = {name: self._nearest(result, name) for name in answers}
        shown = Shown(task="one_shot", milliseconds=milliseconds, group_id=uuid.uuid4().hex)
        rows = [
            self._row((result.query_id, image_id), answers[name], who, shown)
            for name, image_id in pairs.items()
            if image_id is not None
        ]
        if not rows:
            raise UserError(
                "A correction needs two different images. Received: a query that is itself the only image of "
                f"{', '.join(pairs)}. Use another query."
            )
        return self.log.append_many(rows)

    def undo(self, label_id: str, who: Annotator) -> str:
        """Takes an answer back; UserError if it is unknown or taken back already."""
        return self.log.undo(label_id, who.name, who.session_id, who.source)

    def last_answers(self, count: int) -> list[LabelRow]:
        """The answers that stand, the latest first."""
        return self.log.labels()[::-1][:count]

    def status(self) -> dict:
        slots = {
            slot: {
                "state": self.matcher.state(slot),
                "checkpoint": self.matcher.served_id(slot),
                "problem": self.matcher.problem(slot),
                "photographs": self._for_photographs(slot),
                "fixed": self.checkpoints.fixed_id(slot),
            }
            for slot in SLOTS
        }
        report = self.log.check()
        return {
            "ready": all(slot["state"] == "ready" for slot in slots.values()),
            "slots": slots,
            "photos_problem": self.photos_problem,
            "images": len(self.images.ids()),
            "labels": report.labels,
            "corrections": report.corrections,
            "conflicts": report.conflicts,
        }

    def _for_photographs(self, slot: str) -> str | None:
        """The id of the slot's checkpoint for photographs, where that is another one."""
        where = self.checkpoints.place(slot, PHOTOGRAPHS)
        return None if where == slot else self.checkpoints.promoted_id(where)

    def _row(self, ids: tuple[str, str], answer: str, who: Annotator, shown: Shown) -> LabelRow:
        left_id, right_id = ids
        if answer not in ANSWERS:
            raise UserError(f"An answer is one of {', '.join(ANSWERS)}. Received: {answer!r}. Choose one.")
        if left_id == right_id:
            raise UserError(
                "A pair is two different images. Received: the same image twice. Choose another image: the "
                "same pixels are always the same."
            )
        verdicts = shown.verdicts or self._verdicts(ids, shown.thresholds)
        for image_id in ids:
            if image_id not in self.images:
                self.images.read(image_id)  # which says what is wrong with it
        return LabelRow(
            label_id=shown.label_id,
            session_id=who.session_id,
            annotator=who.name,
            source=who.source,
            left_id=left_id,
            right_id=right_id,
            answer=answer,
            correction=correction_of(answer, verdicts),
            task=shown.task,
            reason=shown.reason,
            probability=_cell(shown.probability),
            milliseconds=_cell(shown.milliseconds),
            note=shown.note,
            group_id=shown.group_id,
            **verdict_cells(verdicts),
        )

    def _verdicts(self, ids: tuple[str, str], thresholds: Mapping[str, float]) -> list[Verdict]:
        left, right = (self.images.read(image_id) for image_id in ids)
        verdicts = []
        for slot in SLOTS:
            try:
                said = self.matcher.compare(left, right, [slot])[0]
            except UserError:  # the matcher's state tells the person
                continue
            threshold = thresholds.get(slot, said.threshold)
            same = is_same(said.similarity, threshold)
            verdicts.append(Verdict(slot, said.checkpoint, said.similarity, threshold, same))
        return verdicts

    def _nearest(self, result: OneShotResult, class_name: str) -> str | None:
        """The class's image that the encoders together find likest the query; None if it is the query."""
        ids = list(dict.fromkeys(i for name, i in result.support if name == class_name))
        ids = [image_id for image_id in ids if image_id != result.query_id]
        if len(ids) < 2:
            return ids[0] if ids else None
        query, images = self.images.read(result.query_id), [self.images.read(each) for each in ids]
        said = [self.matcher.similarities(each.encoder, query, images) for each in result.rankings]
        return ids[int(np.mean(said, axis=0).argmax())]


def _cell(number: float | None) -> str:
    return "" if number is None else repr(number)


def _ranking_json(ranking: Ranking) -> dict:
    return {
        "encoder": ranking.encoder,
        "checkpoint": ranking.checkpoint,
        "pick": ranking.pick,
        "margin": ranking.margin,
        "ranking": [{"class": each.name, "similarity": each.similarity} for each in ranking.ranking],
        **{key: getattr(ranking, key) for key in TOLD},
    }
