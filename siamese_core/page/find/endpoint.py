"""Answer a search by a program: /find, with the JSON of the command line, but "file" for "path".

gradio's client takes a "path" in an answer for a file that it is to fetch.
"""

import time

import numpy as np

from siamese_core.errors import UserError
from siamese_core.page.parts.galleries import AMONG, Galleries, Searched
from siamese_core.searching.finding import Query, find

MOST = 1000  # images asked for
WAIT_SECONDS, LOOK_SECONDS = 30.0, 0.2


class PoolSearch:
    """Searches the images of the workspace."""

    def __init__(self, galleries: Galleries):
        self.galleries, self.workbench = galleries, galleries.workbench

    def find(self, query: np.ndarray, top: object, among: object, ask_anyway: bool) -> dict:
        """Return by each encoder the `top` images most similar to a query, uint8 (height, width, 3).

        UserError while what is searched is being prepared, and where there is nothing to search.
        """
        if not isinstance(top, int) or isinstance(top, bool) or not 1 <= top <= MOST:
            raise UserError(f"top is 1 to {MOST}. Received: {ascii(top)[:40]}. Ask for fewer images.")
        if among not in AMONG:
            raise UserError(
                f"among is one of {', '.join(AMONG)}. Received: {ascii(among)[:40]}. Choose one of them."
            )
        searched = self._prepared(among)
        matcher = self.workbench.matcher
        results = []
        for slot, gallery in searched.galleries.items():
            embedding = matcher.embed(slot, [query], searched.domain)
            asked = Query(embedding, matcher.domain([query]), searched.domain)
            found = find(slot, gallery, asked, top, ask_anyway)
            ids = [searched.ids[place] for place in found.hits.places.tolist()]
            results.append(
                found.json([{"file": searched.names.get(each, ""), "image_id": each} for each in ids])
            )
        left_out = self.galleries.pool.progress().left_out.json()
        return {"query": self.workbench.images.add(query), "results": results, "left_out": left_out}

    def _prepared(self, among: str) -> Searched:
        """Return what is searched; UserError if it is still being prepared after `WAIT_SECONDS`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (searched := self.galleries.get(among)) is None:
            if time.monotonic() > deadline:
                raise UserError(
                    "The images must be prepared before they are searched. Received: a search before that. "
                    "Try again in a minute.",
                    code="not_ready",
                )
            time.sleep(LOOK_SECONDS)
        return searched
