"""The piece of HTML that the page is drawn with.

All HTML is put together with markupsafe, which escapes whatever is not Markup itself. It reaches the browser
as the one `${value}` of an otherwise empty template: inside a template, `${...}` in a person's text would run
as a script, escaped or not.
"""

import gradio as gr
from markupsafe import Markup


class Panel(gr.HTML):
    """gr.HTML that takes nothing but Markup. `script`: what connects it to assets/web/scripts; events that it
    triggers must be named in quotes there, or gradio does not know them."""

    is_template = True

    def __init__(self, value: Markup | None = None, *, elem_id: str, script: str | None = None, **options):
        super().__init__(value, elem_id=elem_id, js_on_load=script, apply_default_css=False, **options)

    def postprocess(self, value: Markup | None) -> Markup | None:
        if value is not None and not isinstance(value, Markup):
            raise TypeError(
                f"A panel shows Markup, so that everything in it is escaped. Received: {type(value)}."
            )
        return value
