"""Keep the cohort that a checkpoint's scores are normalised against: embeddings in half precision."""

from pathlib import Path

import numpy as np

from siamese_core.errors import UserError

ENTRY = "cohort"


def write_cohort(file: Path, cohort: np.ndarray) -> None:
    """Write embeddings (m, d)."""
    np.savez(file, allow_pickle=False, **{ENTRY: cohort.astype(np.float16)})


def read_cohort(file: Path, dim: int | None = None) -> np.ndarray | None:
    """Return the embeddings float16 (m, d) of the file, None where there is none.

    UserError naming it if it is damaged or its embeddings do not have `dim` numbers.
    """
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as archive:
            cohort = archive[ENTRY]
        usable = cohort.ndim == 2 and len(cohort) > 1 and dim in (None, cohort.shape[1])
        if not usable or not np.isfinite(cohort).all():
            raise ValueError(f"embeddings of shape {cohort.shape}")
    except Exception as damage:  # zip, zlib and NumPy each have their own for a flipped bit
        raise UserError(
            f"{file.name} must hold embeddings of this checkpoint's encoder. Received: "
            f"{type(damage).__name__}: {damage}. Copy {file.parent.name} again or train it anew."
        ) from damage
    return cohort
