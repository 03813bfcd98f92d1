"""Report what a retraining did, for the page, the command line and the archive."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.images.decoding import encode_png, thumbnail
from siamese_core.metrics import roc_curve, verdict
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.judging.gate import Judgement, Measured
from siamese_core.retraining.options import RetrainOptions

THUMBNAIL = 96  # px
SHOWN_CHANGES, WORSENED = 10, 3  # pairs shown of those that changed most; of these, at most, for the worse


@dataclass(frozen=True)
class RetrainReport:
    """The result of a retraining.

    checkpoints: ids of parent and candidate; promoted: whether the candidate now serves; seconds: until it
    was judged.
    """

    options: RetrainOptions
    answered: AnsweredPairs
    checkpoints: tuple[str, str]
    judgement: Judgement
    promoted: bool
    seconds: float

    @property
    def reason(self) -> str:
        """Why the candidate was promoted or kept, in two sentences."""
        choice = {"force": "promoted because it was asked for", "never": "kept because it was asked for"}
        asked = choice.get(self.options.promote)
        done = asked or ("promoted" if self.promoted else "kept beside the parent")
        return f"{self.judgement.reason} It was {done}."

    def json(self) -> dict:
        """Return the contract's object, and from "p" on the test, the options, the split and both ROC curves.

        images_gone: number of answers without their images; a ROC curve is None where there is one kind of
        pair only.
        """
        parts, judgement = self.answered.parts, self.judgement
        parent, candidate = self.checkpoints
        return {
            "encoder": self.options.encoder,
            "candidate": candidate,
            "parent": parent,
            "labels": len(self.answered.rows),
            "holdout": int(parts.holdout.sum()),
            "before": judgement.before.holdout.json(),
            "after": judgement.after.holdout.json(),
            "base_before": judgement.before.base.json(),
            "base_after": judgement.after.base.json(),
            "fixed": self.pairs(judgement.fixed),
            "broken": self.pairs(judgement.broken),
            "promoted": self.promoted,
            "reason": self.reason,
            "seconds": round(self.seconds, 1),
            "p": judgement.p,
            "mode": self.options.mode,
            "seed": self.options.seed,
            "training": int(parts.training.sum()),
            "answers_dropped": int(parts.dropped.sum()),
            "images_gone": self.answered.gone,
            "holdout_same": int(self.answered.same[parts.holdout].sum()),
            "roc": {"before": _roc(judgement.before), "after": _roc(judgement.after)},
            "ranking": judgement.ranking.json() if judgement.ranking else None,
            "changed": self.changed(),
        }

    def changed(self) -> list[dict]:
        """Return the pairs of the holdout that changed most, with both verdicts.

        First those that moved towards their answer, then some that moved away from it, which are `worse`.
        """
        before, after = self.judgement.before.holdout, self.judgement.after.holdout
        towards = np.where(before.same, 1, -1) * (after.similarity - before.similarity)
        order = np.argsort(-towards, kind="stable")
        worse = order[towards[order] < 0][::-1][:WORSENED]
        better = order[towards[order] >= 0][: SHOWN_CHANGES - len(worse)]
        same = [verdict(each.similarity, each.threshold) for each in (before, after)]
        return [
            self._pair(number)
            | {
                "same_before": bool(same[0][number]),
                "same_after": bool(same[1][number]),
                "worse": bool(towards[number] < 0),
            }
            for number in [*better, *worse]
        ]

    def pairs(self, chosen: np.ndarray) -> list[dict]:
        """Return the holdout's pairs where `chosen`, bool (n,), is true, with both similarities."""
        return [self._pair(number) for number in np.flatnonzero(chosen)]

    def _pair(self, number: int) -> dict:
        row = self.answered.rows[np.flatnonzero(self.answered.parts.holdout)[number]]
        before, after = (each.holdout for each in (self.judgement.before, self.judgement.after))
        return {
            "left": row.left_id,
            "right": row.right_id,
            "answer": row.answer,
            "before": float(before.similarity[number]),
            "after": float(after.similarity[number]),
        }

    def markdown(self) -> str:
        """Return the report for people; the images of its pairs lie beside it as `<image id>.png`."""
        found = self.json()
        before, after = found["before"], found["after"]
        lines = [
            f"# Retraining of {found['encoder']}",
            "",
            f"**{'Promoted' if self.promoted else 'Kept'}.** {self.reason}",
            "",
            f"Candidate `{found['candidate']}`, parent `{found['parent']}`, "
            f"mode {found['mode']}, seed {found['seed']}, {found['seconds']:g} s.",
            "",
            "| | before | after |",
            "|---|---|---|",
            *_rows(before, after, found["base_before"], found["base_after"]),
            "",
            f"{found['labels']} answers: {found['training']} trained, {found['holdout']} judged "
            f"({found['holdout_same']} of them same), {found['answers_dropped']} left out so that no "
            "image is on both sides and the holdout is as mixed as the answers, "
            f"{found['images_gone']} whose images are gone.",
        ]
        for title in ("fixed", "broken"):
            lines += ["", f"## {title.capitalize()}: {len(found[title])}", ""]
            lines += [_pair_line(pair) for pair in found[title]]
        return "\n".join(lines) + "\n"


def _roc(measured: Measured) -> dict | None:
    same = measured.holdout.same
    if same.all() or not same.any():
        return None
    curve = roc_curve(measured.holdout.similarity, same)
    return {"fpr": curve.fpr.tolist(), "tpr": curve.tpr.tolist()}


def _share(result: dict) -> str:
    low, high = result["ci95"]
    return f"{100 * result['accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f}, {result['trials']})"


def _rows(before: dict, after: dict, base_before: dict, base_after: dict) -> list[str]:
    rows = [f"| right on the holdout | {_share(before)} | {_share(after)} |"]
    rows += [
        f"| {title} | {_number(before[key])} | {_number(after[key])} |"
        for key, title in (("eer", "equal error rate"), ("roc_auc", "area under the ROC"))
    ]
    return [*rows, f"| base protocol | {_share(base_before)} | {_share(base_after)} |"]


def _number(value: float | None) -> str:
    return "cannot be told: one kind of pair only" if value is None else f"{value:.3f}"


def _pair_line(pair: dict) -> str:
    images = " ".join(f"![{pair[side][:8]}]({pair[side]}.png)" for side in ("left", "right"))
    return f"- {images} {pair['answer']}: {pair['before']:.2f} before, {pair['after']:.2f} after"


def write_report(report: RetrainReport, folder: Path) -> None:
    """Write `report.json`, `report.md` and thumbnails of the images that they name."""
    folder.mkdir(parents=True, exist_ok=True)
    image = dict(zip(report.answered.ids, report.answered.images, strict=True))
    judgement = report.judgement
    shown = [*report.pairs(judgement.fixed), *report.pairs(judgement.broken), *report.changed()]
    for pair in shown:
        for image_id in (pair["left"], pair["right"]):
            small = encode_png(thumbnail(image[image_id], THUMBNAIL))
            (folder / f"{image_id}.png").write_bytes(small)
    content = report.json() | {"options": asdict(report.options)}
    replace_file(folder / "report.md", report.markdown().encode())
    replace_file(folder / "report.json", json.dumps(content, indent=1, allow_nan=False).encode())
