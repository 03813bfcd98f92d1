"""Answers in small workspaces that send to a hub; needs no network of neurons."""

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.syncing.sending import Sender

NAME = "anne/answers"
DATASET = f"datasets/{NAME}"


def picture(number: int) -> np.ndarray:
    """Return a small image, another one for each number."""
    return np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)


def answer(sender: Sender, left: int, right: int, said: str = "same", **cells: str) -> str:
    """Log an answer to two pictures; return its label_id."""
    ids = [sender.images.add(picture(each)) for each in (left, right)]
    row = LabelRow(left_id=ids[0], right_id=ids[1], answer=said, **{"annotator": "Anne", **cells})
    return sender.log.append(row)


def send_all(sender: Sender) -> int:
    """Send what the hub has not, and return how many shards that took."""
    count = 0
    while rows := sender.unsent():
        sender.send(rows)
        count += 1
    return count
