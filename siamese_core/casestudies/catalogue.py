"""List the case studies: the name of each, what it shows, what data it needs, and where it is."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from siamese_core.casestudies.study import StudyOptions, StudyReport
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError


@dataclass(frozen=True)
class CaseStudy:
    """A case study. words: what it shows; data: what to give it; module: where its `run` is."""

    name: str
    words: str
    data: str
    module: str

    @property
    def run(self) -> Callable[[StudyOptions, Progress], StudyReport]:
        """Import the study with TensorFlow, which listing the studies does not need."""
        return import_module(f"siamese_core.casestudies.{self.module}").run


CASE_STUDIES = {
    study.name: study
    for study in (
        CaseStudy(
            "resnet50-vs-scratch",
            "why a frozen ResNet50 does worse than a small network from scratch",
            "class folders of photographs",
            "resnet50_attempt",
        ),
        CaseStudy(
            "one-shot-evaluation",
            "what a one-shot evaluation costs that embeds everything anew in each trial",
            "drawings in LANGUAGE/LETTER folders, Omniglot for one",
            "one_shot_attempt",
        ),
        CaseStudy(
            "contrastive-nan",
            "where the NaN of a contrastive loss comes from, and what is left once it is gone",
            "class folders of faces",
            "contrastive_attempt",
        ),
    )
}


def case_study(name: str) -> CaseStudy:
    """Return the case study of that name. UserError with the choices if there is none."""
    if name not in CASE_STUDIES:
        raise UserError(
            f"A case study is one of {', '.join(CASE_STUDIES)}. Received: {name!r}. Choose one of these."
        )
    return CASE_STUDIES[name]
