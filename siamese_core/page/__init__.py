"""The page: a thin layer over `workbench`, and the only place that imports gradio.

server.py       puts everything together and serves it; stubs.py: imports gradio quickly
guard.py        what every request must pass before gradio sees it
routes.py       plain HTTP beside gradio: /healthz, thumbnails, the log and exports as files
api.py          the HTTP contract, for gradio_client and curl
layout.py       header, tabs, what a reload brings back (memory.py); theme.py: colours and type
status.py       the line that is always on screen
compare.py      the Compare tab; opinions.py: how the encoders' opinions are drawn
answers.py      buttons and keys for the pair on screen, undo, the table of last answers
one_shot.py     the One-shot tab; support.py: its support set; ranking.py: how a ranking is drawn
label.py        the Label tab; pool_bar.py: its images; stage.py: the pair on screen and its answers;
                logic.py: contradictions and implied pairs; progress.py: how the labelling stands
review.py       the Review tab; review_filters.py: what is shown; review_lists.py: how it is drawn
retrain.py      the Retrain tab; desk.py: the run in the background; report.py: how its report is drawn
picture.py      a place for one picture; samples.py: pictures to try
uploads.py      the only way from an uploaded file to an image
panel.py        the piece of HTML that all is drawn with; scale.py: how a similarity is drawn, everywhere
notices.py      how handlers are attached, and what a person is told when something goes wrong

What happens in the browser is in assets/page.js, label.js and review.js, its looks in assets/style.css.
"""
