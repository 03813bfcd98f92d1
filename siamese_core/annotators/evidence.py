"""Say how probable each answer is if its annotator is honest, by the best evidence on its pair.

In this order: the known answer of a gold question; what the same person answered before; the answers of
others, by naive Bayes with the accuracy `HONEST` each; the encoders, calibrated on the answers of others, so
that one out of its domain says nothing. Others count where at least two answer this person's pairs, or where
gold and repeats vouch for one: of two people who disagree it cannot be told who is wrong.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from siamese_core.annotators.given import given_answers, gold_answers, repeated
from siamese_core.answers.answer_table import PAIR, answer_table, logged_numbers
from siamese_core.answers.label_row import LabelRow
from siamese_core.metrics import fit_calibration, verdict_log_odds

KINDS = GOLD, REPEATS, OTHERS, ENCODERS = "gold", "repeats", "others", "encoders"
HONEST = 0.9  # accuracy of the least careful honest person
VOTE = float(np.log(HONEST / (1 - HONEST)))  # log-odds of one honest answer
VOUCHED = float(np.log(10))  # by this likelihood ratio gold and repeats vouch for a person
FEWEST_TO_CALIBRATE = 20  # answers of others of the rarer kind


def judged_answers(rows: Sequence[LabelRow], gold: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return the sure answers of people in the order of the log, replaced ones among them.

    Columns: annotator; pair, a number; same, 1 or 0; gold and before, the known and the person's earlier
    answer to a repeated pair as 1 or 0, NaN for none; a column for each encoder with its log-odds, NaN where
    it abstained.
    """
    table = answer_table(row for row in given_answers(rows) if row.answer != "unsure")
    same = (table["answer"] == "same").astype(int)
    known = gold_answers(table, gold)["known"].reindex(table.index)
    agrees = repeated(table)["agrees"].reindex(table.index)
    before = same.where(agrees.eq(True), 1 - same).where(agrees.notna()).astype(float)
    said = verdict_log_odds(*(numbers.to_numpy() for numbers in logged_numbers(table)))
    encoders = {f"encoder {place}": said[:, place] for place in range(said.shape[1])}
    return pd.DataFrame(
        {
            "annotator": table["annotator"],
            "pair": table.groupby(PAIR, sort=False).ngroup(),
            "same": same,
            "gold": known.eq("same").astype(float).where(known.notna()),
            "before": before,
            **encoders,
        },
        index=table.index,
    )


def probabilities_if_honest(answers: pd.DataFrame, suspects: Collection[str]) -> pd.DataFrame:
    """Return for each answer `same`, the probability of "same", and the `kind` of `KINDS` that says so.

    Both are missing where there is no evidence. suspects: whose answers are no evidence about others.
    """
    by_gold = _mixed(answers["gold"])
    by_repeats = _mixed(_mixed(answers["before"]))
    certain = by_gold.where(by_gold.notna(), by_repeats)
    by_others = _mixed(_others(answers, suspects, _vouched(answers, certain)))
    by_encoders = _mixed(_encoders(answers, suspects))
    found = pd.DataFrame({"same": np.nan, "kind": None}, answers.index).astype({"kind": object})
    for kind, said in zip(KINDS, (by_gold, by_repeats, by_others, by_encoders), strict=True):
        fresh = found["same"].isna() & said.notna()
        found.loc[fresh, "same"], found.loc[fresh, "kind"] = said[fresh], kind
    return found


def _mixed(probability: pd.Series) -> pd.Series:
    """Return the probability that an honest person says "same" of pairs that are so with `probability`."""
    return HONEST * probability + (1 - HONEST) * (1 - probability)


def _vouched(answers: pd.DataFrame, certain: pd.Series) -> set[str]:
    """Return who answers gold and repeats (`certain`, of "same" if honest) so that they cannot be random."""
    right = certain.where(answers["same"] == 1, 1 - certain)
    ratio = (np.log(right) - np.log(0.5)).fillna(0.0).groupby(answers["annotator"]).sum()
    return set(ratio.index[ratio >= VOUCHED])


def _others(answers: pd.DataFrame, suspects: Collection[str], vouched: Collection[str]) -> pd.Series:
    """Return the probability of "same" by the latest answers of others; NaN where none counts."""
    latest = answers.drop_duplicates(["pair", "annotator"], keep="last")
    votes = latest.pivot(index="pair", columns="annotator", values="same")
    votes = (2 * votes - 1).fillna(0.0)
    people = votes.columns
    trusted = np.array([name not in suspects for name in people])
    gave = (votes != 0).to_numpy()
    shared = gave.T.astype(int) @ gave.astype(int)  # pairs that two people answered
    result = pd.Series(np.nan, answers.index)
    for place, name in enumerate(people):
        others = trusted & (shared[place] > 0) & (np.arange(len(people)) != place)
        if others.sum() < 2:
            others &= np.array([each in vouched for each in people])
        own = answers.index[answers["annotator"] == name]
        rows = votes.index.get_indexer(answers.loc[own, "pair"])
        sums, given = votes.to_numpy()[rows][:, others].sum(axis=1), gave[rows][:, others].any(axis=1)
        result[own] = np.where(given, expit(VOTE * sums), np.nan)
    return result


def _encoders(answers: pd.DataFrame, suspects: Collection[str]) -> pd.Series:
    """Return the probability of "same" by the encoders together; NaN where none could be calibrated."""
    names = [name for name in answers if name.startswith("encoder ")]
    trusted = ~answers["annotator"].isin(suspects)
    result = pd.Series(np.nan, answers.index)
    for name, own in answers.groupby("annotator"):
        others = answers[trusted & (answers["annotator"] != name)]
        said = [_calibrated(others[["same", each]].dropna(), own[each], each) for each in names]
        known = pd.concat(said, axis=1)
        result[own.index] = expit(known.mean(axis=1, skipna=True))
    return result


def _calibrated(others: pd.DataFrame, own: pd.Series, encoder: str) -> pd.Series:
    """Return an encoder's log-odds of a person's pairs, calibrated (Platt 1999) on the answers of others."""
    same = others["same"].to_numpy() == 1
    if min(same.sum(), (~same).sum()) < FEWEST_TO_CALIBRATE:
        return pd.Series(np.nan, own.index)
    return pd.Series(fit_calibration(others[encoder].to_numpy(), same).log_odds(own), own.index)
