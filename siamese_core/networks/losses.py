"""Compute losses over all pairs of a batch: logits (b, b) of a head's `pairwise` and labels to a scalar.

`labels` are classes (b,), or for pairs without classes (b, b): 1 same, 0 different, -1 not known. A batch
without positives, or without negatives, gives a finite loss: the missing part counts 0.
"""

from keras import ops

MARGIN = 1.0  # distance from which a negative pair costs nothing (Hadsell et al. 2006)


def _masks(labels):
    """Return positives and negatives of every anchor, (b, b) of 0 and 1; no image is its own positive."""
    if len(labels.shape) == 1:
        same = ops.cast(ops.equal(labels[:, None], labels[None, :]), "float32")
        different = 1.0 - same
    else:
        same = ops.cast(ops.equal(labels, 1), "float32")
        different = ops.cast(ops.equal(labels, 0), "float32")
    return same * (1.0 - ops.eye(ops.shape(labels)[0])), different


def _mean(values, mask):
    return ops.sum(values * mask) / ops.maximum(ops.sum(mask), 1.0)


def pairwise(logits, labels):
    """Return half the balanced cross-entropy plus a softmax of each positive against its anchor's negatives.

    The softmax is the (N+1)-tuplet loss of Sohn 2016, with every positive of an anchor in turn.
    """
    positives, negatives = _masks(labels)
    cross_entropy = _mean(ops.softplus(-logits), positives) + _mean(ops.softplus(logits), negatives)
    against = ops.logsumexp(ops.where(negatives > 0, logits, -1e9), axis=1, keepdims=True)
    ranking = _mean(ops.softplus(against - logits), positives)
    return 0.25 * cross_entropy + ranking


def contrastive(logits, labels):
    """Return the contrastive loss of Hadsell, Chopra, LeCun 2006, with distance = -logit."""
    positives, negatives = _masks(labels)
    distance = -logits
    pull = _mean(ops.square(distance), positives)
    push = _mean(ops.square(ops.maximum(MARGIN - distance, 0.0)), negatives)
    return 0.5 * (pull + push)


LOSSES = {"pairwise": pairwise, "contrastive": contrastive}
