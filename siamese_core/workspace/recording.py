"""Record what a person answers, with what every slot says of the pair."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from siamese_core.answers.corrections import Verdict, abstention, correction_of, verdict_cells
from siamese_core.answers.label_row import ANSWERS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.metrics import verdict
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.matching import Matcher
from siamese_core.workspace.results import OneShotResult


@dataclass(frozen=True)
class Annotator:
    """Who answers. source: "page", "api", "import" or "agent"."""

    name: str
    session_id: str = ""
    source: str = "page"


@dataclass(frozen=True)
class Shown:
    """How a pair came before the person.

    probability: 0..1, with which it was drawn; thresholds: 0..1 by slot, those that the person judged by in
    place of the checkpoints' own; verdicts: what each slot said when the pair was shown, else each is asked
    now; label_id: the answer's, where whoever sends it may have to send it again.
    """

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
class AnswerRecorder:
    """Appends answers to the log."""

    log: PairLog
    images: ImageStore
    matcher: Matcher

    def answer(self, ids: tuple[str, str], answer: str, who: Annotator, shown: Shown) -> str:
        """Append a person's answer with what each slot says now; return its label_id once it is on disk.

        A slot that cannot serve leaves its cells empty: the answer counts more than the verdict. Sent again
        with the same `label_id`, it is still one answer.
        """
        return self.log.append_once(self._row(ids, answer, who, shown))

    def answer_many(
        self, answers: Sequence[tuple[tuple[str, str], str, Shown]], who: Annotator, label_id: str
    ) -> list[str]:
        """Append answers to several pairs, (ids, answer, how it was shown) each, in one write or not at all.

        label_id: of the first row. Returns the label_ids of all.
        """
        rows = [self._row(ids, answer, who, shown) for ids, answer, shown in answers]
        return self.log.append_many([replace(rows[0], label_id=label_id), *rows[1:]])

    def answer_one_shot(
        self,
        result: OneShotResult,
        true_class: str | None,
        who: Annotator,
        milliseconds: float | None = None,
        label_id: str = "",
    ) -> list[str]:
        """Append a pair with the nearest image of the true class, and one for each class wrongly picked.

        true_class: None where the query is of none of the classes. label_id: of the first row and the group,
        where whoever sends the answer may have to send it again. The rows share a group_id; returns their
        label_ids.
        """
        classes = dict.fromkeys(name for name, _ in result.support)
        if true_class is not None and true_class not in classes:
            raise UserError(
                f"The right class must be one of the support set's. Received: {true_class}. "
                f"Choose one of {', '.join(classes)}, or none of these."
            )
        picks = dict.fromkeys(each.pick for each in result.rankings if not each.abstains)
        answers = {} if true_class is None else {true_class: "same"}
        answers |= {pick: "different" for pick in picks if pick != true_class}
        pairs = {name: self._nearest(result, name) for name in answers}
        shown = Shown(task="one_shot", milliseconds=milliseconds, group_id=label_id or uuid.uuid4().hex)
        rows = [
            self._row((result.query_id, image_id), answers[name], who, shown)
            for name, image_id in pairs.items()
            if image_id is not None
        ]
        if not answers:
            raise UserError(
                "None of these corrects what an encoder has picked. Received: no pick, since both abstain. "
                "Choose the right class, if there is one."
            )
        if not rows:
            raise UserError(
                "A correction needs two different images. Received: a query that is itself the only image of "
                f"{', '.join(pairs)}. Use another query."
            )
        return self.log.append_many([replace(rows[0], label_id=label_id), *rows[1:]])

    def _row(self, ids: tuple[str, str], answer: str, who: Annotator, shown: Shown) -> LabelRow:
        left_id, right_id = ids
        if answer not in ANSWERS:
            raise UserError(f"An answer is one of {', '.join(ANSWERS)}. Received: {answer!r}. Choose one.")
        if left_id == right_id:
            raise UserError(
                "A pair is two different images. Received: the same image twice. Choose another image: the "
                "same pixels are always the same.",
                code="same_image",
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
            verdicts.append(_verdict(said, thresholds.get(slot, said.threshold)))
        return verdicts

    def _nearest(self, result: OneShotResult, class_name: str) -> str | None:
        """Return the image of the class most similar to the query; None if that is the query itself."""
        ids = list(dict.fromkeys(i for name, i in result.support if name == class_name))
        ids = [image_id for image_id in ids if image_id != result.query_id]
        if len(ids) < 2:
            return ids[0] if ids else None
        query, images = self.images.read(result.query_id), [self.images.read(each) for each in ids]
        judging = [each for each in result.rankings if not each.abstains] or result.rankings
        said = [self.matcher.similarities(each.encoder, query, images) for each in judging]
        return ids[int(np.mean(said, axis=0).argmax())]


def _verdict(said: Comparison, threshold: float) -> Verdict:
    if said.abstains:
        return abstention(said.encoder, said.checkpoint)
    same = bool(verdict(said.similarity, threshold))
    return Verdict(said.encoder, said.checkpoint, said.similarity, threshold, same)


def _cell(number: float | None) -> str:
    return "" if number is None else repr(number)
