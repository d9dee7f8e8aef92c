"""Every number of the training run."""

from dataclasses import dataclass

REPORT_SEED = 1001
"""The report plants other edits than the learning curve."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the run depends on besides the crops; `progress` is the share of minutes spent."""

    minutes: float
    """Wall clock, over all resumed parts."""
    seed: int
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up_steps: int = 60
    written_share: float = 0.25
    """Share of a batch that also learns its reply: text costs as much as looking."""
    final_written_share: float = 0.5
    """The same while the learning rate falls."""
    fade_share: float = 0.3
    """Share of the minutes, at the end, over which the learning rate falls."""
    text_weight: float = 3.0
    averaging: float = 0.998
    """Decay of the exponential moving average of the weights, which is what is exported."""
    save_minutes: float = 3.0

    def learning_rate_at(self, step: int, progress: float) -> float:
        """Warm up, stay, fall linearly."""
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        return self.learning_rate * warm * min(1.0, max(0.02, (1 - progress) / self.fade_share))

    def written_share_at(self, progress: float) -> float:
        """Return the share of the batch that learns its reply."""
        fading = progress > 1 - self.fade_share
        return self.final_written_share if fading else self.written_share

    def heads_weight_at(self, progress: float) -> float:
        """Return the weight of the throw-away heads: less and less."""
        return max(0.3, 1.0 - progress)

    def averaging_at(self, step: int) -> float:
        """Return the decay of the average: short while everything is still new."""
        return min(self.averaging, (1 + step) / (10 + step))
