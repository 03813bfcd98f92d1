"""Siamese Workbench: compare images with siamese networks, correct them, retrain them.

Nothing is imported here, so that importing one module costs what that module costs. `PACKAGES`
is the order of the package: a module imports only from modules that stand after it.
"""

__version__ = "0.1.0"

PACKAGES = (
    "page",
    "__main__",
    "cli",
    "bench",
    "casestudies",
    "reporting",
    "operating",
    "diagnosis",
    "adoption",
    "exporting",
    "scale",
    "retraining",
    "training",
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
    "answers",
    "data",
    "images",
    "metrics",
    "atomic",
    "errors",
)
