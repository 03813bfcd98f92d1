"""Make a candidate from the parent: the one that is judged on the holdout, and the one that is saved."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.embeddings.embedding_store import unlabelled_rows
from siamese_core.evaluation.protocols import ProtocolResult
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.score_normalisation import FEWEST, cohort_rows
from siamese_core.retraining.head_training import (
    LEARNED_COSINE,
    answers_evidence,
    learned_head,
    pairs_evidence,
    retrained_head,
)
from siamese_core.retraining.judging.gate import ImpliedPairs, forgotten
from siamese_core.retraining.judging.held_out import (
    Learned,
    answers_agree_p,
    ranked_by_learning,
    ranked_on_holdout,
)
from siamese_core.retraining.judging.ranking_test import ranking_gain
from siamese_core.retraining.run import EmbeddedCheckpoint, Run
from siamese_core.training.validation import PrecomputedModel


def judged_candidate(run: Run, parent: EmbeddedCheckpoint, rng: np.random.Generator) -> EmbeddedCheckpoint:
    """Train the candidate that is judged: on the answers that train, without the holdout.

    In mode "full" it is saved, since storing rounds an encoder's weights; saving promotes nothing.
    """
    run.progress(0.2, "fitting the head")
    base = run.base(parent)
    trained = run.answered.parts.training
    fitted = _with_learned_metric(run, parent, trained, base) or _with_adapted_head(run, parent, base, rng)
    fitted.note(**_origin(run, parent.checkpoint.card), parent=parent.checkpoint.id)
    if run.options.mode == "head":
        return replace(parent, checkpoint=fitted)
    new = _with_trained_encoder(run, fitted, rng)
    new.card = replace(fitted.card, steps=new.card.steps)
    run.progress(0.7, "saving the candidate")
    folder = run.workbench.checkpoints.new_folder(new.encoder_name)
    saved = save_checkpoint(new, folder, quantise=True)
    return run.embedded(saved, saved.embed, 0.7)


def saved_candidate(
    run: Run, parent: EmbeddedCheckpoint, judged: EmbeddedCheckpoint, base: ProtocolResult
) -> EmbeddedCheckpoint:
    """Save the candidate that may be promoted. base: the parent's result on the base protocol.

    A learned metric is learned once more in the same way, from all answers with those of the holdout: what
    was judged is the way of learning.
    """
    if run.options.mode == "full":
        return judged
    new = judged.checkpoint
    if new.card.head == LEARNED_COSINE and new.card.learning:
        run.progress(0.85, "learning from all answers")
        every = np.ones(len(run.answered.same), bool)
        final = _with_learned_metric(run, parent, every, base) or new
        final.note(**_origin(run, parent.checkpoint.card), parent=parent.checkpoint.id)
        new = final
    run.progress(0.9, "saving the candidate")
    store = run.workbench.checkpoints
    folder = store.folder(parent.checkpoint.id)
    saved = save_checkpoint(new, store.new_folder(new.encoder_name), quantise=True, encoder_of=folder)
    return replace(judged, checkpoint=saved)


def implied_pairs(
    run: Run, parent: EmbeddedCheckpoint, judged: EmbeddedCheckpoint, saved: Checkpoint
) -> ImpliedPairs:
    """Test the ranking of pairs that the answers imply, by what the saved candidate was made with.

    Of a learned metric on all answered identities, each held out in turn; else on the images of the holdout.
    """
    answered = run.answered
    before = PrecomputedModel(parent.checkpoint, parent.answered_embeddings)
    if run.options.mode == "head" and saved.card.learning:
        learned = _learned(run, parent, np.ones(len(answered.same), bool))
        rng = np.random.default_rng(run.options.seed)
        ranked = ranked_by_learning(parent.checkpoint, saved, learned, rng)
    else:
        after = PrecomputedModel(judged.checkpoint, judged.answered_embeddings)
        ranked = ranked_on_holdout(answered, before, after)
    answers = LabelledPairs(answered.left, answered.right, answered.same)
    return ImpliedPairs(ranking_gain(ranked), answers_agree_p(before, answers))


def _with_learned_metric(
    run: Run, parent: EmbeddedCheckpoint, use: np.ndarray, base: ProtocolResult
) -> Checkpoint | None:
    """Learn a metric from the answers in `use`, bool (n,), and from the pool's images without answers.

    None where no metric is better than the parent without forgetting the base protocol.
    """
    learned = _learned(run, parent, use)
    return learned_head(
        parent.checkpoint,
        learned.embeddings,
        learned.answers,
        np.random.default_rng(run.options.seed),
        lambda candidate: _keeps_base(run, parent, candidate, base),
    )


def _learned(run: Run, parent: EmbeddedCheckpoint, use: np.ndarray) -> Learned:
    answered = run.answered
    others = unlabelled_rows(run.workbench.embeddings_folder, parent.checkpoint, set(answered.ids))
    return Learned(
        np.concatenate([parent.answered_embeddings, others]),
        LabelledPairs(*(each[use] for each in (answered.left, answered.right, answered.same))),
        answered.earlier[use],
    )


def _with_adapted_head(
    run: Run, parent: EmbeddedCheckpoint, base: ProtocolResult, rng: np.random.Generator
) -> Checkpoint:
    """Fit the weights and the calibration of the parent's head to the answers that train.

    They are fitted to scores that are not normalised, and the candidate's are normalised as its parent's.
    """
    own, normalisation = parent.checkpoint.unnormalised(), parent.checkpoint.normalisation

    def serving(found: Checkpoint) -> Checkpoint:
        return found if normalisation is None else found.normalised_alike(normalisation.cohort)

    fitted = retrained_head(
        own,
        answers_evidence(own, parent.answered_embeddings, run.answered),
        pairs_evidence(own, parent.replayed_embeddings, run.replay.pairs()),
        rng,
        lambda candidate: _keeps_base(run, parent, serving(candidate), base),
    )
    return serving(fitted)


def _keeps_base(run: Run, parent: EmbeddedCheckpoint, candidate: Checkpoint, base: ProtocolResult) -> bool:
    """Tell whether a candidate on the parent's embeddings forgets nothing of the base protocol."""
    return forgotten(base, run.base(replace(parent, checkpoint=candidate))) is None


def _with_trained_encoder(run: Run, fitted: Checkpoint, rng: np.random.Generator) -> Checkpoint:
    """Train the encoder under a head that fits already.

    Under another head, training would distort the features of the training images to suit that head, and of
    no others (LP-FT, Kumar et al. 2022).
    """
    from siamese_core.retraining.encoder_training import PreparedPairs, retrained_encoder

    fitted = fitted.unnormalised()

    def prepared(images: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([fitted.prepare(image) for image in images])

    answered, use, known = run.answered, run.answered.parts.training, run.replay.pairs()
    answers = PreparedPairs(
        prepared(answered.images), answered.left[use], answered.right[use], answered.same[use]
    )
    replayed = PreparedPairs(prepared(run.replay.images), known.left, known.right, known.same)
    found = retrained_encoder(
        fitted, answers, replayed, rng, lambda share, text: run.progress(0.25 + 0.4 * share, text)
    )
    if len(answered.images) < FEWEST:
        return found
    return found.normalised_alike(
        found.embed([answered.images[row] for row in cohort_rows(len(answered.images))])
    )


def _origin(run: Run, parent: CheckpointCard) -> dict:
    """Return the entries of the candidate's card that say what it was made from.

    From a parent that does not know such images it is the first of its slot that does, and takes their place.
    """
    parts = run.answered.parts
    answers = {
        "training": int(parts.training.sum()),
        "holdout": int(parts.holdout.sum()),
        "until": run.answered.until,
        "sha256": run.answered.fingerprint(),
    }
    domain = run.domain()
    learned = {} if parent.knows(domain) else {"domain": domain, "trained_on": domain}
    return {**learned, "answers": answers, "mode": run.options.mode, "seed": run.options.seed}
