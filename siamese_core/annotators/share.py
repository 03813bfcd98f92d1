"""A proportion with its interval."""

from dataclasses import dataclass

from siamese_core.metrics import wilson_interval


@dataclass(frozen=True)
class Share:
    """A proportion `right` of `count` with its 95 % Wilson interval; `share` is None where `count` is 0."""

    right: int
    count: int

    @property
    def share(self) -> float | None:
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.right, self.count) if self.count else (0.0, 1.0)

    def json(self) -> dict:
        return {"right": self.right, "count": self.count, "share": self.share, "ci95": list(self.interval)}
