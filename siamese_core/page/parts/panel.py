"""The component that shows rendered templates.

Gradio has templates of its own, in which `${...}` in a person's text runs as a script even if it is escaped.
So the markup of `templates.render` is never such a template: it is the one `${value}` of an otherwise empty
one.
"""

import gradio as gr
from markupsafe import Markup


class Panel(gr.HTML):
    """gr.HTML that takes nothing but Markup.

    script: JavaScript that connects it to assets/web/scripts. Gradio looks through it for the names of
    events, and finds only those that are written in quotes.
    """

    is_template = True

    def __init__(self, value: Markup | None = None, *, elem_id: str, script: str | None = None, **options):
        super().__init__(value, elem_id=elem_id, js_on_load=script, apply_default_css=False, **options)

    def postprocess(self, value: Markup | None) -> Markup | None:
        if value is not None and not isinstance(value, Markup):
            raise TypeError(
                f"A panel shows Markup, so that everything in it is escaped. Received: {type(value)}."
            )
        return value
