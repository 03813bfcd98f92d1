"""What a retraining is asked for; imports nothing, so that the command line and the page list the choices."""

from dataclasses import dataclass

MODES = ("head", "full")
PROMOTIONS = ("auto", "never", "force")


@dataclass(frozen=True)
class RetrainOptions:
    """The choices of one retraining.

    encoder: the slot. mode: "head" keeps the encoder, "full" trains it, too. promote: "auto" promotes a
    candidate that the test finds better, "never" and "force" decide without it. until: the label_id after
    which the log is not read, to repeat an earlier retraining.
    """

    encoder: str = "koch"
    mode: str = MODES[0]
    promote: str = PROMOTIONS[0]
    seed: int = 0
    until: str | None = None
