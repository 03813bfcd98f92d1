"""Try again by itself what the disk did not take: pictures that are given stay on the page meanwhile."""

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError, can_pass
from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.paragraphs import trouble

RETRY_SECONDS = 3.0
KEPT = translatable("The pictures are kept here, and it is tried again by itself.")


def retry_timer() -> gr.Timer:
    """Return a timer that ticks only while something waits."""
    return gr.Timer(RETRY_SECONDS, active=False)


def waiting_words(problem: UserError) -> Markup:
    """Return what takes the place of a result while it waits; raise `problem` where waiting does not help."""
    if not can_pass(problem):
        raise problem
    return trouble(KEPT, str(problem))
