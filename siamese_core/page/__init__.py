"""The page: a thin layer over `workbench`, and the only place that imports gradio.

server.py       puts everything together and serves it
guard.py        what every request must pass before gradio sees it
routes.py       plain HTTP beside gradio: /healthz, thumbnails, the log as a file
api.py          the HTTP contract, for gradio_client and curl
layout.py       header, tabs, status line; theme.py: colours and type
compare.py      the Compare tab; answers.py: the buttons, keys and last answers in it
one_shot.py     the One-shot tab; support.py: its support set; ranking.py: how a ranking is drawn
retrain.py      the Retrain tab; report.py: how its report is drawn
scale.py        how a similarity is drawn, everywhere
uploads.py      the only way from an uploaded file to an image
notices.py      what a person is told when something goes wrong
samples.py      the images that one can click to try
"""
