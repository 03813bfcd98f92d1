"""The tools of agents: what /compare, /one_shot, /find, /next_pairs, /answer and /status do, without files.

An agent has no way to upload a file, so an image comes as a data URL or by its id in the workspace. Agents
read the docstrings, and gradio takes the meaning of each parameter from them.
"""

import functools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from siamese_core.answers.label_row import AGENT
from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.find.endpoint import PoolSearch
from siamese_core.page.one_shot.support import checked_class
from siamese_core.page.parts.callers import named
from siamese_core.page.parts.notices import AT_ONCE, telling
from siamese_core.page.serving.agents.pictures import pixels, sent_images
from siamese_core.page.serving.contract.received import asked, label_id_of, text
from siamese_core.page.serving.contract.replies import API_VERSION
from siamese_core.workspace.recording import Annotator, Shown

TOOLS = ("compare", "one_shot", "find", "next_pairs", "answer", "status")
PATIENCE_SECONDS = 5.0  # that a call waits: each takes one of the threads that the page works with
BUSY = f"At most {AT_ONCE} tools work at once. Received: one more. Try again in a few seconds."
PREFIX = "agent_"  # of the endpoints that stand behind the tools


class ToolError(gr.Error):
    """What an agent is told of an error: its code, then its words."""

    def __str__(self) -> str:
        return f"{self.title}: {self.message}"


@dataclass(frozen=True)
class AgentTools:
    """The tools by which an agent works. All return JSON as text."""

    questions: Questions
    search: PoolSearch

    def compare(self, left: str, right: str, ask_anyway: bool = False) -> str:
        """Say how alike two images are: each encoder's similarity (0 to 1), threshold and verdict.

        An encoder abstains from images that it does not know; its numbers are null then.

        Args:
            left: An image: its id in the workspace (64 hex digits), or a data URL of a PNG or JPEG file.
            right: The image to compare it with, given in the same way.
            ask_anyway: Give the numbers of an encoder that abstains, too.
        """
        workbench, anyway = self.questions.workbench, asked(ask_anyway)
        images = sent_images(workbench, {"left": left, "right": right})
        return as_text(workbench.compare(*images, ask_anyway=anyway).json())

    def one_shot(self, query: str, support: list[str], classes: list[str]) -> str:
        """Say to which of some classes an image belongs, each given by one or more example images.

        Each encoder ranks the classes; pick is null where none of them fits.

        Args:
            query: The image to classify: its id in the workspace, or a data URL of a PNG or JPEG file.
            support: The example images, given in the same way.
            classes: The name of the class of each example, as many as there are examples.
        """
        workbench = self.questions.workbench
        places = {f"support {place}": each for place, each in enumerate(support, start=1)}
        image, *examples = sent_images(workbench, {"query": query} | places)
        names = [checked_class(name) for name in same_count(classes, examples)]
        return as_text(workbench.one_shot(image, list(zip(names, examples, strict=True))).json())

    def find(self, query: str, top: int = 10, among: str = "pool") -> str:
        """Find the images of the workspace that are most similar to an image, by each encoder.

        Args:
            query: The image: its id in the workspace, or a data URL of a PNG or JPEG file.
            top: How many images each encoder names, 1 to 1000.
            among: What is searched: "pool" (the images to label), "answered" or "both".
        """
        return as_text(self.search.find(pixels(self.questions.workbench, query, "query"), top, among, False))

    def next_pairs(self, count: int = 1, agent: str = "") -> str:
        """Get the pairs of images whose answer teaches most. GET /pictures/ID.png shows an image.

        Args:
            count: How many pairs at most, 1 to 100.
            agent: Your name, the same as for answer.
        """
        found = self.questions.next_pairs(count, name_of(agent))
        return as_text({"pairs": [each.json() for each in found]})

    def answer(self, left_id: str, right_id: str, answer: str, agent: str = "", request_id: str = "") -> str:
        """Log whether two images show the same class, as a suggestion to people: it trains nothing by itself.

        Args:
            left_id: Id of an image, as left of next_pairs or compare.
            right_id: Id of the other image.
            answer: "same", "different" or "unsure".
            agent: Your name, for the log.
            request_id: A text of your own, new for each answer: sent again, an answer is still one row.
        """
        who = Annotator(name_of(agent), source=AGENT)
        pair = text(left_id, "left_id"), text(right_id, "right_id")
        label_id = label_id_of(text(request_id, "request_id"), who.name)
        shown = replace(self.questions.shown(*pair, who.name) or Shown(), label_id=label_id)
        label_id = self.questions.workbench.answer(*pair, text(answer, "answer"), who, shown)
        return as_text({"label_id": label_id, "saved": True})

    def status(self) -> str:
        """Say which checkpoints serve, whether they are ready, and how much has been answered."""
        return as_text(self.questions.workbench.status() | {"api_version": API_VERSION})


def publish_tools(tools: AgentTools) -> None:
    """Add the endpoints behind the tools to the page that is being built.

    They are not on the queue: gradio calls those that are over HTTP, as a client of its own without the
    caller's rights.
    """
    at_once = threading.BoundedSemaphore(AT_ONCE)
    for name in TOOLS:
        gr.api(told_to_agents(getattr(tools, name), at_once), api_name=PREFIX + name, queue=False)


def told_to_agents(tool: Callable[..., str], at_once: threading.BoundedSemaphore) -> Callable[..., str]:
    """Wrap a tool so that its errors have their code and words, and no more than `at_once` run together."""

    @functools.wraps(tool)
    def careful(*args, **kwargs) -> str:
        if not at_once.acquire(timeout=PATIENCE_SECONDS):
            raise ToolError(BUSY, title="too_many_requests", print_exception=False)
        try:
            with telling(tool.__qualname__, markup=False):
                return tool(*args, **kwargs)
        except gr.Error as error:
            raise ToolError(error.message, title=error.title, print_exception=False) from error
        finally:
            at_once.release()

    return careful


def as_text(reply: dict[str, Any]) -> str:
    return json.dumps(reply, ensure_ascii=False)


def name_of(agent: object) -> str:
    """Return the annotator that an agent is in the log: never a name that a person types alone.

    Where there are logins, it is that of its token, whatever the agent calls itself.
    """
    return f"agent {named(text(agent, 'agent').strip())}".strip()


def same_count(classes: Sequence[str], examples: Sequence[object]) -> Sequence[str]:
    """Return the class names; UserError unless there is one for each example."""
    if not examples or len(classes) != len(examples):
        raise UserError(
            f"classes must name the class of each example. Received: {len(classes)} for {len(examples)}. "
            "Give as many as there are."
        )
    return classes


def has_tools(page: gr.Blocks) -> bool:
    """Return whether a page that is built has tools for agents."""
    return any(str(each.api_name).startswith(PREFIX) for each in page.fns.values())
