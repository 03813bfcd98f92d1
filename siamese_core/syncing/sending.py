"""Send rows of the log and their images to the hub: a shard a commit, which adds files and changes none."""

from itertools import islice

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.images.store import ImageStore
from siamese_core.syncing.cards import DATASET_CARD
from siamese_core.syncing.hub import Repository
from siamese_core.syncing.ledger import Ledger
from siamese_core.syncing.shards import FOLDER

MOST_ROWS = 500  # in a shard, so at most 1000 images in a commit
CARD = "README.md"


class Sender:
    """Sends what the log has and the ledger does not know. For one thread at a time."""

    def __init__(self, log: PairLog, images: ImageStore, ledger: Ledger, repository: Repository):
        self.log, self.images, self.ledger, self.repository = log, images, ledger, repository

    def unsent(self) -> list[LabelRow]:
        """Return the rows that the hub has not confirmed, oldest first. O(rows)."""
        return [row for row in self.log.rows() if row.label_id not in self.ledger.known]

    def send(self, rows: list[LabelRow]) -> int:
        """Send a shard: the one that an earlier try left, else the first of `rows`. Return its rows' count.

        HubProblem where it is not confirmed: then nothing is forgotten, and the next call sends it again.
        """
        file = self.ledger.sending() or self.ledger.prepare(list(islice(rows, MOST_ROWS)))
        newest = self.repository.newest()
        path = f"{FOLDER}/{file.name}"
        there = self.repository.present([path, CARD], newest)
        if path in there and self.repository.read(path, newest) != file.read_bytes():
            self.ledger.take_new_id()  # another workspace with this one's id, such as a copy of it
            file = self.ledger.sending()
            path, there = f"{FOLDER}/{file.name}", there - {path}
        sent = self.ledger.sending_rows()
        if path not in there:
            files = {path: file} | self._images(sent)
            if CARD not in there:
                files[CARD] = DATASET_CARD.encode()
            self.repository.commit(files, newest, f"{len(sent)} answers")
        self.ledger.confirm()
        return len(sent)

    def _images(self, rows: list[LabelRow]) -> dict:
        """Return the images of rows that the hub has not, by their path there; without what is gone here."""
        wanted = {each for row in rows for each in (row.left_id, row.right_id) if each}
        missing = sorted(wanted - self.ledger.images)
        return {image_path(each): self.images.path(each) for each in missing if each in self.images}


def image_path(image_id: str) -> str:
    """Return the path of an image in the repository: 256 folders, since the hub slows down in large ones."""
    return f"images/{image_id[:2]}/{image_id}.png"
