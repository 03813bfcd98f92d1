"""Two checkpoints in one, on encoders that see one channel each and whose logits are known by hand."""

import json
from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
from scipy.special import expit

from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.evaluation.fusion import Fused, Fusion, fit_fusion, for_images_of, load_fusion
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials
from siamese_core.metrics import Calibration, expected_calibration_error


@dataclass(frozen=True)
class ChannelModel:
    """Embeds one channel `width` times; logit = minus the distance of the levels."""

    id: str
    channel: int
    width: int = 1
    calibration: Calibration = Calibration(1.0, 0.0)

    batch = staticmethod(list)

    def embed_batch(self, images):
        levels = [[image[0, 0, self.channel]] * self.width for image in images]
        return np.array(levels, np.float32).reshape(-1, self.width)

    def logits(self, left, right):
        return -np.abs(left - right).mean(axis=1)

    def trust(self, embeddings: np.ndarray) -> np.ndarray:
        return np.ones(len(embeddings))


def colour(red: int, green: int) -> np.ndarray:
    return np.array([[[red, green, 0]]], np.uint8)


def noisy_images(koch_noise: float, resnet50_noise: float, n_classes: int = 40) -> list[np.ndarray]:
    """Two images of each class, one after the other: its level in either channel, with that much noise."""
    rng = np.random.default_rng(0)
    levels = np.repeat(rng.uniform(60, 200, (n_classes, 2)), 2, axis=0)
    noise = rng.normal(0, 1, levels.shape) * [koch_noise, resnet50_noise]
    return [colour(*row) for row in np.clip(levels + noise, 0, 255).round().astype(int)]


def trials_of(images: list[np.ndarray]) -> tuple[OneShotTrials, VerificationTrials]:
    rng = np.random.default_rng(1)
    n_classes = len(images) // 2
    support = np.stack([rng.permutation(n_classes)[:10] for _ in range(400)])
    target = rng.integers(0, 10, 400)
    query = 2 * support[np.arange(400), target] + 1
    left, right = rng.integers(0, n_classes, (2, 2000))
    right[::2] = left[::2]
    return (
        OneShotTrials("one-shot", images.__getitem__, query, 2 * support[:, :, None], target),
        VerificationTrials(images.__getitem__, 2 * left, 2 * right + 1, left == right),
    )


KOCH, RESNET50 = ChannelModel("koch-1", channel=0), ChannelModel("resnet50-1", channel=1, width=3)


def test_fused_logits_are_the_weighted_log_odds_of_both():
    koch = ChannelModel("koch-1", channel=0, calibration=Calibration(2.0, 1.0))
    fused = Fused(koch, RESNET50, Fusion(koch=0.3, resnet50=0.7, intercept=0.5, threshold=0.4))
    embeddings = fused.embed([colour(10, 50), colour(13, 60)])
    logits = fused.logits(embeddings[:1], embeddings[1:])
    assert logits[0] == pytest.approx(0.3 * (2 * -3 + 1) + 0.7 * -10 + 0.5)
    assert fused.similarity(logits)[0] == pytest.approx(expit(logits)[0])
    assert (fused.encoder_name, fused.id, fused.threshold) == ("fused", "koch-1+resnet50-1", 0.4)


def test_fused_takes_trials_like_a_checkpoint():
    one_shot, pairs = trials_of(noisy_images(2, 2))
    fused = Fused(KOCH, RESNET50, Fusion())
    assert one_shot.evaluate(fused).json()["encoder"] == "fused"
    assert one_shot.evaluate(fused).correct.mean() > 0.8
    assert len(pairs.evaluate(fused).similarity) == 2000


def test_the_fit_trusts_the_encoder_that_knows_more():
    fusion = fit_fusion(*trials_of(noisy_images(koch_noise=2, resnet50_noise=80)), KOCH, RESNET50)
    assert fusion.koch > 5 * fusion.resnet50 >= 0


def test_the_fit_is_better_than_either_and_calibrated():
    one_shot, pairs = trials_of(noisy_images(koch_noise=6, resnet50_noise=6))
    fused = Fused(KOCH, RESNET50, fit_fusion(one_shot, pairs, KOCH, RESNET50))
    correct = one_shot.evaluate(fused).correct.mean()
    alone = [(one_shot.scores(model).argmax(axis=1) == one_shot.target).mean() for model in (KOCH, RESNET50)]
    assert correct > max(alone) + 0.05
    result = pairs.evaluate(fused)
    assert result.correct.mean() > 0.85
    assert expected_calibration_error(result.similarity, pairs.same) < 0.05


def test_the_share_does_not_follow_the_scale_of_the_logits():
    trials = trials_of(noisy_images(koch_noise=6, resnet50_noise=6))
    plain = fit_fusion(*trials, KOCH, RESNET50)
    scaled = fit_fusion(
        *trials, ChannelModel("koch-2", channel=0, calibration=Calibration(1.5, 0.0)), RESNET50
    )
    assert scaled.koch * 1.5 / scaled.resnet50 == pytest.approx(plain.koch / plain.resnet50, rel=0.35)


def test_a_stored_fusion_reads_back_and_a_missing_one_weighs_both_alike(tmp_path):
    fusion = Fusion(0.4, 0.9, -0.2, 0.55)
    assert load_fusion(tmp_path, HANDWRITING) == Fusion(0.5, 0.5, 0.0, 0.5)
    (tmp_path / "fusion.json").write_text(json.dumps(asdict(fusion)))
    assert load_fusion(tmp_path, HANDWRITING) == fusion
    assert load_fusion(tmp_path, PHOTOGRAPHS) == Fusion()  # photographs have their own


@pytest.mark.parametrize("text", ["", "[]", '{"koch": "much"}', '{"small_cnn": 1.0}', '{"koch": null}'])
def test_a_damaged_fusion_is_refused_by_name(tmp_path, text):
    file = tmp_path / "fusion.json"
    file.write_text(text)
    with pytest.raises(UserError, match="fusion.json"):
        load_fusion(tmp_path, HANDWRITING)


def test_who_alone_was_trained_on_such_images_answers_alone():
    def trained(on: str | None, threshold: float) -> Checkpoint:
        card = replace(base_card("koch"), trained_on=on)
        return Checkpoint("", "koch", None, None, Calibration(1.0, 0.0), threshold, card)

    both = Fusion(0.3, 0.6, 0.1, 0.45)
    writing, photos, unknown = trained(HANDWRITING, 0.4), trained(PHOTOGRAPHS, 0.7), trained(None, 0.2)
    assert for_images_of(PHOTOGRAPHS, both, [writing, photos]) == Fusion(0.0, 1.0, 0.0, 0.7)
    assert for_images_of(HANDWRITING, both, [writing, photos]) == Fusion(1.0, 0.0, 0.0, 0.4)
    for checkpoints in ([writing, writing], [photos, photos], [unknown, photos]):
        assert for_images_of(PHOTOGRAPHS, both, checkpoints) == both
