"""Build the page as a whole: header, tabs, status line."""

import gradio as gr

from siamese_core.labelling.queue import Questions
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.compare.tab import CompareTab
from siamese_core.page.evaluate.tab import EvaluateTab
from siamese_core.page.find.answering import search_handlers
from siamese_core.page.find.group_answers import group_handlers
from siamese_core.page.find.group_boards import GroupBoards
from siamese_core.page.find.pool_groups import PoolGroups
from siamese_core.page.find.tab import FindTab
from siamese_core.page.label.pair_view import question_handlers
from siamese_core.page.label.tab import LabelTab
from siamese_core.page.languages.words import t
from siamese_core.page.map.answering import map_handlers
from siamese_core.page.map.tab import MapTab
from siamese_core.page.one_shot.corrections import correction_handlers
from siamese_core.page.one_shot.tab import OneShotTab
from siamese_core.page.parts.answers import answer_handlers
from siamese_core.page.parts.guide import build_guide
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.links import Check, any_parameters, build_link_notice, stored_images
from siamese_core.page.parts.notices import listen
from siamese_core.page.parts.outbox import build_outbox
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.status import build_status_line
from siamese_core.page.parts.templates import render
from siamese_core.page.retrain.tab import RetrainTab
from siamese_core.page.review.answering import review_handlers
from siamese_core.page.review.tab import ReviewTab
from siamese_core.workspace.workbench import Workbench

TITLE = "Siamese Workbench"
HEADER_SCRIPT = "workbench.masthead.start(element)"
# What the browser tab remembers is handed over when the page loads.
RECALL = "() => workbench.memory.recall({})"


def fill_page(page: gr.Blocks, workbench: Workbench, questions: Questions, pairs: PairReasons) -> None:
    """Lay out the tabs in a page that is being built (`with page:`), and connect them."""
    compare, one_shot, retrain = CompareTab(pairs), OneShotTab(workbench), RetrainTab(workbench)
    groups = PoolGroups(questions)
    find, label = FindTab(pairs.galleries, GroupBoards(groups)), LabelTab(questions)
    evaluate = EvaluateTab(workbench, questions)
    Panel(render("parts/header.html.jinja", title=TITLE), elem_id="masthead", script=HEADER_SCRIPT)
    build_outbox(
        answer_handlers(workbench)
        | correction_handlers(workbench)
        | search_handlers(workbench)
        | group_handlers(groups)
        | question_handlers(questions)
        | review_handlers(workbench)
        | map_handlers(workbench)
    )
    status = build_status_line(page, workbench)
    last_answers = LastAnswers(Panel(elem_id="last-answers", render=False), workbench)
    build_link_notice(page, link_checks(workbench))
    build_guide()
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(t("Compare"), id="compare"):
            compare.build(status, last_answers)
            last_answers.table.render()
        with gr.Tab(t("One-shot"), id="one_shot", render_children=True):
            one_shot.build(status, last_answers)
        with gr.Tab(t("Find"), id="find", render_children=True) as find_tab:
            find.build(status, last_answers, find_tab)
        with gr.Tab(t("Label"), id="label", render_children=True):
            label.build(page, last_answers)
        with gr.Tab(t("Review"), id="review", render_children=True):
            ReviewTab(workbench).build()
        with gr.Tab(t("Evaluate"), id="evaluate", render_children=True) as evaluate_tab:
            evaluate.build(page, evaluate_tab)
        with gr.Tab(t("Map"), id="map", render_children=True):
            MapTab(questions).build(last_answers)
        with gr.Tab(t("Retrain"), id="retrain", render_children=True) as tab:
            retrain.build(page, tab, status)
    kept = [gr.Textbox(visible=False) for _ in range(5)]
    listen(page.load, last_answers.refresh, None, last_answers.table)
    listen(page.load, compare.restore, kept[0], compare.restored, js=RECALL.format("'compare'"))
    listen(page.load, evaluate.restore, kept[3], evaluate.restored, js=RECALL.format("'evaluate'"))
    listen(page.load, find.restore, kept[4], find.restored, js=RECALL.format("'find'"))
    listen(
        page.load, one_shot.restore, kept[1:3], one_shot.restored, js=RECALL.format("'one_shot', 'support'")
    )


def link_checks(workbench: Workbench) -> dict[str, Check]:
    """Return what checks the parameters of a link, by the id of each tab."""
    return {
        "compare": stored_images(workbench.images, "left", "right"),
        "one_shot": stored_images(workbench.images, "query"),
        "find": stored_images(workbench.images, "query"),
        "label": any_parameters,
        "review": any_parameters,
        "evaluate": any_parameters,
        "map": any_parameters,
        "retrain": any_parameters,
    }
