"""How the report of a retraining is drawn: the decision first, then before and after, then the pairs."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from siamese_core.page.parts.scale import number, stored_picture, verdict

SHOWN_PAIRS = 24
ROC_SIDE = 120
REPORT = Markup(
    '<section class="report" data-candidate="{candidate}"><header><h3>{encoder}: {decision}</h3>'
    '<span class="checkpoint">{parent} → {candidate}</span></header><p class="reason">{reason}</p>'
    '<div class="figures"><table><thead><tr><th></th><th>before</th><th>after</th></tr></thead>'
    '<tbody>{rows}</tbody></table>{roc}</div><p class="quiet">{material}</p>{fixed}{broken}</section>'
)
ROW = Markup("<tr><th>{name}</th><td>{before}</td><td>{after}</td></tr>")
SHARE = Markup(
    '<span class="interval" role="img" aria-label="{words}"><span class="band" style="left:{low}%;'
    'width:{width}%"></span><span class="dot" style="left:{dot}%"></span></span> {words}'
)
PAIRS = Markup('<div class="pairs"><h4>{title}</h4><ul>{pairs}</ul>{more}</div>')
PAIR = Markup(
    '<li>{left}{right}<span>{answer}</span><span class="number" title="similarity before and after">'
    "{before} → {after}</span></li>"
)
ROC = Markup(
    '<figure class="roc"><svg viewBox="-4 -4 {frame} {frame}" role="img" aria-label="ROC before and after">'
    '<path class="frame" d="M0,0 V{side} H{side}"/><path class="chance" d="M0,{side} L{side},0"/>'
    '<path class="before" d="{before}"/><path class="after" d="{after}"/></svg>'
    "<figcaption><span class='before'>before</span> <span class='after'>after</span></figcaption></figure>"
)


def report_section(report: Mapping) -> Markup:
    """`report`: what `RetrainReport.json()` gives."""
    return REPORT.format(
        **{name: report[name] for name in ("encoder", "candidate", "parent", "reason")},
        decision="promoted" if report["promoted"] else "kept beside the current one",
        rows=rows(report),
        roc=roc(report["roc"]),
        material=material(report),
        fixed=pairs("Fixed: wrong before, right after", report["fixed"]),
        broken=pairs("Broken: right before, wrong after", report["broken"]),
    )


def rows(report: Mapping) -> Markup:
    before, after = report["before"], report["after"]
    measured = [
        ("right on the holdout", share(before), share(after)),
        ("equal error rate", rate(before["eer"]), rate(after["eer"])),
        ("area under the ROC", rate(before["roc_auc"]), rate(after["roc_auc"])),
        ("base protocol", share(report["base_before"]), share(report["base_after"])),
    ]
    return Markup().join(ROW.format(name=name, before=first, after=last) for name, first, last in measured)


def share(result: Mapping) -> Markup:
    """An accuracy with its 95 % interval, on the scale from 0 to 1."""
    low, high = result["ci95"]
    words = f"{100 * result['accuracy']:.1f} % ({100 * low:.0f}–{100 * high:.0f})"
    return SHARE.format(
        words=words,
        low=f"{100 * low:.1f}",
        width=f"{100 * (high - low):.1f}",
        dot=f"{100 * result['accuracy']:.1f}",
    )


def rate(value: float | None) -> str:
    return "one kind of pair only" if value is None else f"{value:.3f}"


def material(report: Mapping) -> str:
    words = (
        f"{report['labels']} answers: {report['training']} to learn from, {report['holdout']} to judge by "
        f"({report['holdout_same']} of them same), on images of their own."
    )
    if report["answers_dropped"]:
        words += f" {report['answers_dropped']} left out, because their images stood on both sides."
    if report["images_gone"]:
        words += f" {report['images_gone']} left out, because their images are gone."
    return f"{words} {report['seconds']:.0f} s."


def pairs(title: str, found: Sequence[Mapping]) -> Markup:
    items = Markup().join(
        PAIR.format(
            left=stored_picture(pair["left"]),
            right=stored_picture(pair["right"]),
            answer=verdict(pair["answer"]),
            before=number(pair["before"]),
            after=number(pair["after"]),
        )
        for pair in found[:SHOWN_PAIRS]
    )
    more = f"and {len(found) - SHOWN_PAIRS} more, in the report's folder" if len(found) > SHOWN_PAIRS else ""
    return PAIRS.format(title=f"{title} ({len(found)})", pairs=items, more=more)


def roc(curves: Mapping) -> Markup:
    """Both ROC curves in one plot; nothing where the holdout has one kind of pair only."""
    if not curves["before"] or not curves["after"]:
        return Markup("")
    drawn = {name: curve_path(curves[name]) for name in ("before", "after")}
    return ROC.format(side=ROC_SIDE, frame=ROC_SIDE + 8, **drawn)


def curve_path(curve: Mapping) -> str:
    points = zip(curve["fpr"], curve["tpr"], strict=True)
    drawn = [f"{ROC_SIDE * fpr:.1f},{ROC_SIDE * (1 - tpr):.1f}" for fpr, tpr in points]
    return "M" + " L".join(drawn)
