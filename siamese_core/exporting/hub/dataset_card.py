"""Write the card of a dataset of answered pairs."""

from collections.abc import Mapping

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
TEXT = """
# Answered pairs of images

{pairs:,} pairs of {images:,} images: people called {same:,} the same and {different:,} different. Each pair
is there once, with the answer that nobody contradicts; who answered is not told.

```python
from datasets import load_dataset

pairs = load_dataset("FOLDER-OR-OWNER/NAME", split="train")
print(pairs[0]["left"], pairs[0]["right"], pairs[0]["same"])
```

| column | content |
|---|---|
| `left`, `right` | the two images, RGB, upright, on white, at most 1024 px a side |
| `left_id`, `right_id` | SHA-256 of shape and pixels: split by these, so that no image is on both sides |
| `same` | the answer |
| `answered_at` | when, UTC |
| `reason`, `probability` | why the pair was asked, and the chance with which it was drawn |
| `koch_similarity`, `koch_threshold`, ... | what each encoder had said, 0..1; null where it abstained |

The pairs were chosen, most of them because the encoders disagreed or were unsure: they are no random sample.
"""


def dataset_card(counts: Mapping[str, int]) -> str:
    """Return the README.md. counts: pairs, same, different, images."""
    from huggingface_hub import DatasetCardData

    size = next((words for most, words in SIZES if counts["pairs"] < most), "n>1M")
    head = DatasetCardData(
        pretty_name="Answered pairs of images",
        tags=["image-similarity", "siamese-workbench"],
        task_categories=["image-feature-extraction"],
        size_categories=[size],
    )
    return f"---\n{head.to_yaml()}\n---\n{TEXT.format(**counts)}"
