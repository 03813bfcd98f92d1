"""Publish the HTTP contract, for gradio_client and curl: typed, on the queue, JSON as on the command line.

`contract` has the parameters and what is answered, key by key; `/reference` shows both.
"""

import inspect
from dataclasses import replace
from typing import Annotated, Any

import gradio as gr
from gradio.blocks import BlockFunction

from siamese_core.accounts.audit import UNDO
from siamese_core.labelling.queue import Questions
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.find.endpoint import PoolSearch
from siamese_core.page.one_shot.support import checked_class
from siamese_core.page.parts.callers import named, note
from siamese_core.page.parts.notices import AT_ONCE, told
from siamese_core.page.parts.rights import require_own
from siamese_core.page.serving.contract import parameters as given
from siamese_core.page.serving.contract import replies
from siamese_core.page.serving.contract.received import (
    asked,
    file_image,
    label_id_of,
    named_images,
    remarks,
    stored_image,
    text,
)
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench

Json = dict[str, Any]
ENDPOINTS = ("compare", "explain", "one_shot", "find", "answer", "undo", "next_pairs", "status")


def publish(workbench: Workbench, questions: Questions) -> None:
    """Add the endpoints to the page that is being built."""
    publish_comparing(workbench)
    publish_answering(workbench, questions)


def publish_comparing(workbench: Workbench) -> None:
    def compare(
        left: given.Left, right: given.Right, ask_anyway: given.AskAnyway = False
    ) -> Annotated[Json, replies.Compared]:
        """Compare two images with both encoders."""
        anyway = asked(ask_anyway)
        images = stored_image(workbench, left, "left"), stored_image(workbench, right, "right")
        return workbench.compare(*images, ask_anyway=anyway).json()

    def one_shot(
        query: given.Query,
        support: given.Support,
        classes: given.Classes = None,
        ask_anyway: given.AskAnyway = False,
    ) -> Annotated[Json, replies.Ranked]:
        """Rank the classes of a support set for a query, by each encoder.

        Files of the support set that are no image are left out and named.
        """
        anyway, examples = asked(ask_anyway), named_images(workbench, support, classes)
        named = [(checked_class(name), image) for name, image in examples.images]
        image = stored_image(workbench, query, "query")
        return workbench.one_shot(image, named, ask_anyway=anyway).json() | remarks(examples)

    for endpoint in (compare, one_shot):
        gr.api(told(endpoint, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def publish_answering(workbench: Workbench, questions: Questions) -> None:
    def answer(
        left_id: given.LeftId,
        right_id: given.RightId,
        answer: given.Answer,
        annotator: given.AnnotatorName = "",
        request_id: given.RequestId = "",
    ) -> Annotated[Json, replies.Answered]:
        """Log whether two images show the same class. The answer is on disk before this replies.

        The row has the reason and the probability of the draw where /next_pairs gave the pair to this
        annotator.
        """
        who = Annotator(named(text(annotator, "annotator")), source="api")
        pair = text(left_id, "left_id"), text(right_id, "right_id")
        label_id = label_id_of(text(request_id, "request_id"), who.name)
        shown = replace(questions.shown(*pair, who.name) or Shown(), label_id=label_id)
        return {"label_id": workbench.answer(*pair, text(answer, "answer"), who, shown), "saved": True}

    def next_pairs(
        count: given.Count, annotator: given.AnnotatorName = ""
    ) -> Annotated[Json, replies.NextPairs]:
        """Return pairs of the images to label that this annotator should answer next."""
        found = questions.next_pairs(count, named(text(annotator, "annotator")))
        return {"pairs": [each.json() for each in found]}

    def undo(label_id: given.LabelId) -> Annotated[Json, replies.Undone]:
        """Take an answer back. Its row stays in the log, and another one undoes it."""
        require_own(workbench.log, text(label_id, "label_id"))
        undo_id = workbench.undo(label_id, Annotator(named(""), source="api"))
        note(workbench.workspace, UNDO, label_id=label_id)
        return {"label_id": undo_id, "undone": label_id, "saved": True}

    def status() -> Annotated[Json, replies.Status]:
        """Return what serves in each slot, and how much has been answered."""
        return workbench.status() | {"api_version": replies.API_VERSION}

    for endpoint in (answer, undo, next_pairs, status):
        gr.api(told(endpoint, markup=False), concurrency_limit=4)


def publish_search(search: PoolSearch) -> None:
    """Add the endpoint that searches to the page that is being built."""

    def find(
        query: given.Query,
        top: given.Top = 24,
        among: given.Among = "pool",
        ask_anyway: given.AskAnyway = False,
    ) -> Annotated[Json, replies.Found]:
        """Find the images of the workspace most similar to a query, by each encoder."""
        return search.find(file_image(query, "query"), top, among, asked(ask_anyway))

    gr.api(told(find, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def publish_reasons(pairs: PairReasons) -> None:
    """Add the endpoint that explains to the page that is being built."""

    def explain(
        left: given.Left, right: given.Right, ask_anyway: given.AskAnyway = False
    ) -> Annotated[Json, replies.Explained]:
        """Tell why each encoder finds two images alike or not: a sentence, numbers, and overlays."""
        images = file_image(left, "left"), file_image(right, "right")
        return pairs.explain(images, asked(ask_anyway))

    gr.api(told(explain, markup=False), concurrency_id="encoders", concurrency_limit=AT_ONCE)


def with_defaults(called: BlockFunction, inputs: list) -> list:
    """Return the values of a call to an endpoint with the defaults of those that are missing at its end."""
    if called.api_name not in ENDPOINTS or not isinstance(inputs, list):
        return inputs
    missing = list(inspect.signature(called.fn).parameters.values())[len(inputs) :]
    if any(each.default is inspect.Parameter.empty for each in missing):
        return inputs  # gradio refuses them
    return inputs + [each.default for each in missing]
