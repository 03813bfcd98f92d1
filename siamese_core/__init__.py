"""Siamese Workbench: compare images with siamese networks, correct them, retrain them.

Nothing is imported here before it is asked for, so that importing one module costs what that module costs.
`Workbench`, the one public name, is a workspace in Python (`notebook/README.md`). `PACKAGES` is the order of
the package: a module imports only from modules that stand after it.
"""

__version__ = "0.1.0"
__all__ = ("PACKAGES", "Workbench", "__version__")

PACKAGES = (
    "page",
    "__main__",
    "notebook",
    "cli",
    "bench",
    "casestudies",
    "reporting",
    "syncing",
    "operating",
    "diagnosis",
    "adoption",
    "exporting",
    "scale",
    "retraining",
    "training",
    "interchange",
    "review",
    "labelling",
    "explaining",
    "searching",
    "evaluation",
    "workspace",
    "embeddings",
    "checkpoints",
    "networks",
    "metric_learning",
    "accounts",
    "annotators",
    "answers",
    "data",
    "images",
    "metrics",
    "atomic",
    "errors",
)


def __getattr__(name: str) -> type:
    """Import `Workbench` when it is first asked for (PEP 562)."""
    if name != "Workbench":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from siamese_core.notebook.workbench import Workbench

    return Workbench


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
