"""Plotly figures of results. In a notebook a figure shows itself."""

from collections.abc import Sequence

import plotly.graph_objects as go

from siamese_core.reporting.drawing.look import COLOURS, DIFFERENT, INK, OTHER_COLOUR, SAME, figure
from siamese_core.searching.finding import Found
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.ranking import Ranking

BAR_HEIGHT, AXES_HEIGHT = 44, 110  # px


def similarity_bars(comparisons: Sequence[Comparison]) -> go.Figure:
    """Return a bar for each encoder that does not abstain, in the colour of its verdict."""
    judged = [each for each in comparisons if each.similarity is not None]
    drawn = figure(AXES_HEIGHT + BAR_HEIGHT * max(1, len(judged)))
    names = [each.network for each in judged]
    drawn.add_bar(
        x=[each.similarity for each in judged],
        y=names,
        orientation="h",
        marker_color=[SAME if each.same else DIFFERENT for each in judged],
        text=[f"{each.similarity:.2f} {'same' if each.same else 'different'}" for each in judged],
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        name="similarity",
    )
    drawn.add_scatter(
        x=[each.threshold for each in judged],
        y=names,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 26, "color": INK, "line": {"width": 2}},
        hovertemplate="threshold %{x:.3f}<extra></extra>",
        name="threshold",
    )
    drawn.update_xaxes(range=[0, 1], title_text="similarity")
    drawn.update_yaxes(autorange="reversed")
    return drawn


def ranking_bars(rankings: Sequence[Ranking], most: int) -> go.Figure:
    """Return the similarities of at most so many classes, in the order of the first encoder that ranks."""
    judged = [each for each in rankings if each.ranking]
    names = [found.name for found in judged[0].ranking[:most]] if judged else []
    drawn = figure(AXES_HEIGHT + BAR_HEIGHT * max(1, len(names)))
    for each in judged:
        said = {found.name: found.similarity for found in each.ranking}
        drawn.add_bar(
            x=[said[name] for name in names],
            y=names,
            orientation="h",
            marker_color=COLOURS.get(each.encoder, OTHER_COLOUR),
            name=each.network,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    drawn.update_layout(barmode="group", showlegend=True)
    drawn.update_xaxes(range=[0, 1], title_text="similarity to the query")
    drawn.update_yaxes(autorange="reversed", type="category")
    return drawn


def found_lines(found: Sequence[Found]) -> go.Figure:
    """Return similarity against rank of each encoder's images, its threshold as a dotted line."""
    drawn = figure()
    for each in found:
        similarity = each.hits.similarity
        if not len(similarity):
            continue
        colour = COLOURS.get(each.encoder, OTHER_COLOUR)
        ranks = list(range(1, len(similarity) + 1))
        drawn.add_scatter(
            x=ranks, y=similarity.tolist(), mode="lines+markers", line_color=colour, name=each.network
        )
        drawn.add_hline(y=each.threshold, line={"color": colour, "dash": "dot", "width": 1})
    drawn.update_xaxes(title_text="rank")
    drawn.update_yaxes(range=[0, 1.02], title_text="similarity")
    drawn.update_layout(showlegend=True)
    return drawn


def roc_lines(curves: dict[str, dict | None]) -> go.Figure:
    """Return the ROC curves of `before` and `after`, {"fpr", "tpr"} each."""
    drawn = figure()
    dashes = {"before": "dot", "after": "solid"}
    for name, curve in curves.items():
        if curve:
            line = {"dash": dashes[name], "color": SAME if name == "after" else INK, "width": 2}
            drawn.add_scatter(x=curve["fpr"], y=curve["tpr"], mode="lines", line=line, name=name)
    drawn.update_xaxes(range=[0, 1], title_text="different pairs called same")
    drawn.update_yaxes(range=[0, 1.02], title_text="same pairs called same")
    drawn.update_layout(showlegend=True)
    return drawn
