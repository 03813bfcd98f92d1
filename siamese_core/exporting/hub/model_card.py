"""Write the card of a model repository: metrics and calibration in the hub's YAML, words, an example."""

from dataclasses import dataclass

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.naming import checkpoint_words, network_title

EXAMPLE_FILE = "example.py"
# the names of numbers in `CheckpointCard.metrics`, as people read them
METRICS = {
    "accuracy": "accuracy",
    "roc_auc": "area under the ROC curve",
    "eer": "equal error rate",
    "ece": "expected calibration error",
}
EXAMPLE = '''"""Compare two images by their similarity: python example.py FOLDER-OR-OWNER/NAME LEFT RIGHT."""

import sys
from pathlib import Path

from huggingface_hub import snapshot_download

from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.images.decoding import decode_image
from siamese_core.metric_learning.familiarity import doubted

place, left, right = sys.argv[1:]
folder = Path(place) if Path(place).is_dir() else Path(snapshot_download(place))
checkpoint = load_checkpoint(folder / "{folder}")
embeddings = checkpoint.embed([decode_image(left), decode_image(right)])
said = checkpoint.similarity(checkpoint.logits(embeddings[:1], embeddings[1:]))
trust = checkpoint.trust(embeddings).min()  # below 1 where it hardly knows such images
similarity = float(doubted(said, trust, checkpoint.threshold)[0])
verdict = "same" if similarity >= checkpoint.threshold else "different"
print(f"{similarity:.4f} {verdict}")
'''
TEXT = """
# {title}

{words}: `{id}`.

- Two images go through the network `{encoder}`, prepared (`{preparation}`) to {size} x {size} px.
- The head `{head}` compares their embeddings: a logit.
- The calibration makes a probability of it, the *similarity*: `1 / (1 + exp(-(slope * logit + intercept)))`,
  slope {slope:.4f}, intercept {intercept:.4f}.
- From the threshold {threshold:.4f} on the verdict is *same*.

{measured}
The files of `{folder}` are those of a checkpoint of Siamese Workbench, without pickle and without code;
`card.json` has its history, and loading replays a few comparisons whose result it knows. `example.py`:

```python
{example}```
"""


def example(folder: str) -> str:
    """Return the program that loads a checkpoint from a folder of the repository and compares two images."""
    return EXAMPLE.replace("{folder}", folder)


def model_card(card: CheckpointCard, folder: str) -> str:
    """Return the README.md of a repository that has the checkpoint in `folder`, "." for its top."""
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="image-feature-extraction",
            task_name=each.protocol,
            dataset_type="images",
            dataset_name=each.dataset,
            dataset_config=each.key,  # else the hub's format puts all protocols into one
            metric_type=name,
            metric_name=METRICS[name],
            metric_value=value,
        )
        for each in _measured(card)
        for name, value in each.numbers.items()
    ]
    head = ModelCardData(
        library_name="keras",
        tags=["siamese", "image-similarity", "siamese-workbench"],
        model_name=card.id,
        eval_results=results or None,
        calibration={"slope": card.calibration.slope, "intercept": card.calibration.intercept},
        threshold=card.threshold,
    )
    return f"---\n{head.to_yaml()}\n---\n{_text(card, folder)}"


def _text(card: CheckpointCard, folder: str) -> str:
    lines = [f"- {each.protocol}, {each.dataset}: {each.words()}" for each in _measured(card)]
    measured = "\n".join(
        ["Measured, as its card has it:", "", *lines, ""] if lines else ["Not measured.", ""]
    )
    return TEXT.format(
        title=network_title(card),
        words=checkpoint_words(card, "workspace"),
        id=card.id,
        encoder=card.encoder,
        head=card.head,
        slope=card.calibration.slope,
        intercept=card.calibration.intercept,
        threshold=card.threshold,
        size=card.size,
        preparation=card.preparation,
        measured=measured,
        folder=folder,
        example=example(folder),
    )


@dataclass(frozen=True)
class _Measurement:
    """Numbers by name that one protocol gave; interval: of the accuracy, 95 %; count: trials or pairs."""

    key: str
    protocol: str
    dataset: str
    numbers: dict[str, float]
    interval: list[float] | None
    count: int | None

    def words(self) -> str:
        told = [f"{METRICS[name]} {value:.4f}" for name, value in self.numbers.items()]
        if self.interval and len(self.interval) == 2 and "accuracy" in self.numbers:
            told[0] += f" (95 % interval {self.interval[0]:.4f} to {self.interval[1]:.4f})"
        return ", ".join([*told, *([f"{self.count:,} trials"] if self.count else [])])


def _measured(card: CheckpointCard) -> list[_Measurement]:
    validation = card.validation_data or card.data or {}
    dataset = str(validation.get("name") or f"{validation.get('images', 'unknown')} held-out images")
    found = []
    for key, measured in (card.metrics or {}).items():
        if isinstance(measured, dict):
            numbers = {
                name: measured[name] for name in METRICS if isinstance(measured.get(name), int | float)
            }
            protocol = str(measured.get("setting") or measured.get("protocol") or key)
            count = measured.get("trials") or measured.get("pairs")
            found.append(_Measurement(key, protocol, dataset, numbers, measured.get("ci95"), count))
    return [each for each in found if each.numbers]
