"""Explain a pair: for the Compare tab, and for a program by /explain, with the JSON of the command line.

The overlays are PNG in base64, which the command line writes into files.
"""

from dataclasses import dataclass, field

from siamese_core.explaining.explaining import Explainer
from siamese_core.explaining.neighbours import Neighbours, neighbours
from siamese_core.explaining.reasons import Images, Reason, png_text, reasons, report
from siamese_core.images.decoding import image_id
from siamese_core.page.parts.galleries import BOTH, Galleries
from siamese_core.workspace.comparing import Comparison


@dataclass
class PairReasons:
    """Explains pairs, with the images of the workspace that are nearest to them."""

    galleries: Galleries
    explainer: Explainer = field(init=False)

    def __post_init__(self) -> None:
        self.workbench = self.galleries.workbench
        self.explainer = Explainer(self.workbench.matcher)

    def explain(self, images: Images, ask_anyway: bool) -> dict:
        """Return why each encoder says what it says of two images, uint8 (height, width, 3), as JSON."""
        result = self.workbench.compare(*images, ask_anyway=ask_anyway)
        told = reasons(self.workbench, self.explainer, images, result, self.nearest)
        return report(result, told, _in_base64)

    def nearest(self, said: Comparison, images: Images) -> Neighbours:
        """Return the nearest other images, the pool's and the answered ones.

        None while these are being prepared to be searched, or where the encoder has embedded others.
        """
        searched = self.galleries.ready(BOTH)
        gallery = searched.galleries.get(said.encoder) if searched else None
        if gallery is None or (gallery.checkpoint.id, searched.domain) != (said.checkpoint, said.domain):
            return Neighbours()
        embeddings = self.workbench.matcher.embed(said.encoder, images, said.domain)
        return neighbours(gallery, searched.ids, embeddings, [image_id(image) for image in images])


def _in_base64(reason: Reason) -> dict[str, list[str]]:
    return {kind: [png_text(each) for each in pair] for kind, pair in reason.pictures().items()}
