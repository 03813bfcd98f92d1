"""Find the tensors of a Keras model that may embed one image: outputs, what a classifier takes, a tower."""

from collections.abc import Iterator

import numpy as np

from siamese_core.adoption.graph import no_output

CLASSIFYING = ("softmax", "sigmoid")
CLASSIFIER_NAMES = ("predictions", "logits", "classifier", "probs")
PASSING = (
    "Dropout",
    "Activation",
    "Softmax",
    "Flatten",
    "Reshape",
)  # layers between features and a classifier's end


def embedding_tensors(model, images: list) -> tuple[list[tuple], list[str]]:
    """Return tensors of the model that depend on the first image alone, with words, and notes for people."""
    if len(images) > 1:
        tower = _tower(model, images)
        return [(tower, "the tower of a model of two images")], [
            f"It compares {len(images)} images: the tower that both go through is taken out of it."
        ]
    tensors = [each for each in model.outputs if _inputs_of(each) == {id(images[0])}]
    if not tensors:
        raise no_output("outputs that depend on more than the image")
    found = []
    for tensor in tensors:
        before, classifies = _before_classifier(tensor)
        whole = (tensor, "output")
        inner = [] if before is None else [(before, "the tensor before the classifier")]
        found += [*inner, whole] if classifies else [whole, *inner]
    return found, []


def history(tensor) -> tuple:
    """Return the operation that made a tensor, and the tensors that it was made of."""
    operation, node, _ = tensor._keras_history
    return operation, operation._inbound_nodes[node].input_tensors


def _walk(tensors: list) -> Iterator:
    """Yield every tensor that these were made of and themselves, each after those it was made of."""
    seen, waiting = set(), [(each, False) for each in tensors]
    while waiting:
        tensor, ready = waiting.pop()
        if ready:
            yield tensor
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            waiting.append((tensor, True))
            waiting += [(each, False) for each in history(tensor)[1]]


def _inputs_of(tensor) -> set[int]:
    """Return the ids of the inputs that a tensor depends on."""
    return {id(each) for each in _walk([tensor]) if not history(each)[1]}


def _tower(model, images: list):
    """Return the last tensor of the first image whose layer the second image goes through, too."""
    first, second = id(images[0]), id(images[1])
    walked = list(_walk(model.outputs))
    depends: dict[int, set[int]] = {}
    for tensor in walked:
        parts = history(tensor)[1]
        depends[id(tensor)] = set().union(*(depends[id(each)] for each in parts)) if parts else {id(tensor)}
    weighted = {id(history(each)[0]) for each in walked if depends[id(each)] == {second} and history(each)[1]}
    shared = [
        each
        for each in walked
        if depends[id(each)] == {first} and history(each)[1] and id(history(each)[0]) in weighted
    ]
    if not shared:
        raise no_output("a model of several images without layers that all of them share")
    return shared[-1]


def _before_classifier(tensor) -> tuple:
    """Return the tensor that the last dense layer takes, None without one, and whether that classifies."""
    import keras

    operation, parts = history(tensor)
    if len(parts) != 1:
        return None, False
    if isinstance(operation, keras.Model):
        inner, classifies = _before_classifier(operation.outputs[0])
        if inner is None:
            return None, classifies
        return keras.Model(operation.inputs, inner)(parts[0]), classifies
    activation = getattr(getattr(operation, "activation", None), "__name__", "")
    classifies = activation in CLASSIFYING or type(operation).__name__ == "Softmax"
    if isinstance(operation, keras.layers.Dense) or _is_dense_convolution(operation, parts[0]):
        named = any(word in operation.name.lower() for word in CLASSIFIER_NAMES)
        return parts[0], classifies or named
    if type(operation).__name__ in PASSING:
        before, inner = _before_classifier(parts[0])
        return before, classifies or inner
    return None, False


def flattened(tensor, role: str, first: bool) -> list[tuple]:
    """Return a tensor as embeddings (n, d), with words that say how it became that.

    Of a map it is the mean, of tokens the first and the mean.
    """
    from keras import ops

    rank = len(tensor.shape)
    if rank == 2:
        return [(tensor, role)]
    if rank == 4:
        axes = (2, 3) if first else (1, 2)
        return [(ops.mean(tensor, axis=axes), f"{role}, averaged over the map")]
    if rank == 3:
        return [
            (tensor[:, 0], f"{role}, the first token"),
            (ops.mean(tensor, axis=1), f"{role}, the mean of the tokens"),
        ]
    return []


def _is_dense_convolution(operation, taken) -> bool:
    """Whether an operation is a convolution of a map of one place, as MobileNetV3 classifies."""
    import keras

    return isinstance(operation, keras.layers.Conv2D) and 1 in (
        np.prod([each or 0 for each in taken.shape[1:3]]),
        np.prod([each or 0 for each in taken.shape[2:4]]),
    )


def applied(image, tensor, source):
    """Return the tensor computed from another input than the image."""
    import keras

    if tensor is image:
        return source
    return keras.Model(image, tensor)(source)
