"""Calibration makes confidences honest and does not learn its own dev set by heart."""

import numpy as np
import pytest

from cxnlp import taxonomy
from cxnlp.evaluation import metrics
from cxnlp.training import calibrate

STAGES = taxonomy.load().stage_by_touchpoint
TEXTS = {"fa": "پیک دیر رسید و غذا سرد بود", "en": "courier late and the food cold"}


def world(n: int, seed: int = 0) -> tuple[list[dict], calibrate.Readings, np.ndarray]:
    """Texts with one pain each; the raw confidence p is right only p² of the time; severity is read with noise."""
    rng = np.random.default_rng(seed)
    records, answers, logits = [], [], []
    for i in range(n):
        lang = ("fa", "en")[i % 2]
        text, hurt, raw = TEXTS[lang], int(rng.integers(1, 4)), float(rng.uniform(0.2, 1.0))
        place = "delivery" if rng.random() < raw**2 else "staff_support"
        span = {"quote": text[:12], "start": 0, "end": 12, "kind": "pain", "polarity": "neg", "target": ""}
        side = ("neg", "pos", "mixed", "neu")[i % 4]
        records.append(
            {"id": f"{lang}{i}", "lang": lang, "text": text, "sentiment": side,
             "mentions": [{**span, "touchpoint": "delivery", "severity": hurt}]}
        )  # fmt: skip
        expected = 0.3 * hurt + 1.1 + float(rng.normal(0, 0.05))
        answers.append(
            {"id": f"{lang}{i}", "sentiment": side,
             "mentions": [{**span, "touchpoint": place, "severity": 2, "confidence": raw, "expected": expected}]}
        )  # fmt: skip
        logits.append(np.eye(4)[("neg", "neu", "pos", "mixed").index(side)] * 4)
    return records, dict.fromkeys(calibrate.THRESHOLDS, answers), np.array(logits)


@pytest.fixture
def settled() -> calibrate.Bias:
    return {"fa": {}, "en": {}}


def test_confidence_says_how_often_it_is_right(settled: calibrate.Bias) -> None:
    """The promise of the contract: of the mentions with confidence .8, about 80 % are right, in either language."""
    records, found, logits = world(1200)
    before = metrics.evaluate(records, {a["id"]: a for a in found[0.5]}, STAGES)
    after = metrics.evaluate(
        records, {a["id"]: a for a in calibrate.cross_fitted(found, logits, records, STAGES, settled)}, STAGES
    )
    for lang in ("fa", "en"):
        assert before[lang]["ece"] > 0.12
        assert after[lang]["ece"] < 0.07


def test_many_easy_texts_do_not_drown_dev(settled: calibrate.Bias) -> None:
    """Texts for calibration are four times as many and easier: confidence stands nearer to dev."""
    records, found, logits = world(1000)
    for i, (record, answer) in enumerate(zip(records, found[0.5], strict=True)):
        record["check"] = i % 10 < 8
        right = (i // 10) % 10 < (9 if record["check"] else 5)
        answer["mentions"][0] |= {"touchpoint": "delivery" if right else "staff_support", "confidence": 0.5}
    for xs, ys in calibrate.fit(found, logits, records, STAGES, settled).confidence.values():
        assert np.interp(0.5, xs, ys) == pytest.approx((0.9 + 4 * 0.5) / 5, abs=0.03)


def test_severity_cuts_follow_the_scale_of_the_head(settled: calibrate.Bias) -> None:
    """A head that never says 1 or 3 outright still orders pains; the cuts must find the three levels."""
    records, found, logits = world(300)
    fitted = calibrate.fit(found, logits, records, STAGES, settled)
    answers = calibrate.apply(found, logits, records, fitted)
    figures = metrics.evaluate(records, {a["id"]: a for a in answers}, STAGES)
    assert figures["mean"]["severity_kappa"] > 0.8


def test_sentiment_that_is_right_is_left_alone(settled: calibrate.Bias) -> None:
    """Offsets fitted on noise would break what works."""
    records, found, logits = world(200)
    fitted = calibrate.fit(found, logits, records, STAGES, settled)
    answers = calibrate.apply(found, logits, records, fitted)
    assert [a["sentiment"] for a in answers] == [r["sentiment"] for r in records]


def test_curves_never_fall(settled: calibrate.Bias) -> None:
    """More raw confidence must never mean less confidence: users sort by it."""
    records, found, logits = world(60, seed=4)
    for xs, ys in calibrate.fit(found, logits, records, STAGES, settled).confidence.values():
        assert list(xs) == sorted(xs)
        assert list(ys) == sorted(ys)
        assert ys[0] >= 0
        assert ys[-1] <= 1


def test_clear_texts_that_look_mixed_are_told_apart_again(settled: calibrate.Bias) -> None:
    """A reader that sees some of both in every text: neg against pos comes back, and what is mixed stays."""
    records, found, logits = world(400)
    for i, record in enumerate(records):
        record["lang"] = ("fa", "en")[i // 4 % 2]  # all four sentiments in both
    drawn = np.random.default_rng(1)
    logits = logits / 2 + drawn.normal(0, 0.3, logits.shape) + np.array([0.0, 0.0, 0.0, 1.9])
    fitted = calibrate.fit(found, logits, records, STAGES, settled)
    figures = {}
    plain = [("neg", "neu", "pos", "mixed")[int(i)] for i in logits.argmax(axis=1)]
    after = [a["sentiment"] for a in calibrate.apply(found, logits, records, fitted)]
    for name, told in (("before", plain), ("after", after)):
        answers = {r["id"]: {**r, "sentiment": t} for r, t in zip(records, told, strict=True)}
        figures[name] = metrics.evaluate(records, answers, STAGES)["mean"]
    assert figures["before"]["polarity_f1"] < 0.8
    assert figures["after"]["polarity_f1"] > 0.95
    assert figures["after"]["sentiment_f1"] > figures["before"]["sentiment_f1"]


def test_mentions_that_were_read_move_the_sentiment(settled: calibrate.Bias) -> None:
    """Where the text's logits waver, a pain beside a praise speaks for mixed; what was fitted stays in its language."""
    records, found, logits = world(400)
    both = {"kind": "praise", "quote": "", "start": 0, "end": 0, "confidence": 0.5}
    for i, (record, answer) in enumerate(zip(records, found[0.5], strict=True)):
        if i % 2 == 0:  # Persian: neg or mixed by the mentions alone
            record["sentiment"] = ("mixed", "neg")[i // 2 % 2]
            logits[i] = [2.0, 0.0, 0.0, 1.6]
            praise = {**both, "touchpoint": "delivery", "severity": 0, "expected": 1.0}
            answer["mentions"] += [praise] if record["sentiment"] == "mixed" else []
    fitted = calibrate.fit(found, logits, records, STAGES, settled)
    blame = [{"kind": "pain"}]
    wavering = np.array([2.0, 0.0, 0.0, 1.6])
    assert fitted.sentiment("fa", wavering, [*blame, both]).argmax() == 3
    assert fitted.sentiment("fa", wavering, blame).argmax() == 0
    assert fitted.sentiment("en", wavering, [*blame, both]).argmax() == 0
    assert (fitted.sentiment("de", wavering, [*blame, both]) == wavering).all()
