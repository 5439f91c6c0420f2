"""Decoding: posteriors are exact, the best spans are taken, and mentions quote the text."""

import itertools

import numpy as np
import pytest

from cxnlp import taxonomy
from cxnlp.annotate import decode
from cxnlp.annotate.decode import Calibration, Spans
from cxnlp.annotate.network import Heads
from tests.annotate.chain import TAGS, emissions_and_transitions, every_path

HEADS = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints))


@pytest.fixture
def chain() -> tuple[np.ndarray, np.ndarray]:
    return emissions_and_transitions()


def test_posteriors_are_those_of_enumeration(chain: tuple[np.ndarray, np.ndarray]) -> None:
    """Confidence is built on segment posteriors: a slip in the forward or backward sums must show."""
    emissions, transitions = chain
    paths = every_path(emissions, transitions)
    found = decode.candidates(emissions[None], np.array([4]), transitions, least=1e-6)
    got = {(int(k), int(a), int(b)): p for _, k, a, b, p in zip(*found, strict=True)}
    for kind, start, end in itertools.product(range(2), range(4), range(1, 5)):
        if start >= end:
            continue
        begin, within = 1 + 2 * kind, 2 + 2 * kind
        wanted = sum(
            p
            for path, p in paths.items()
            if path[start] == begin
            and all(t == within for t in path[start + 1 : end])
            and (end == 4 or path[end] != within)
        )
        assert got.get((kind, start, end), 0.0) == pytest.approx(wanted, abs=1e-4)


def test_padding_changes_nothing(chain: tuple[np.ndarray, np.ndarray]) -> None:
    """A text decodes alike alone and beside a longer one."""
    emissions, transitions = chain
    alone = decode.candidates(emissions[None, :3], np.array([3]), transitions)
    both = np.stack([np.vstack([emissions[:3], np.full((1, TAGS), 9.0)]), emissions]).astype(np.float32)
    beside = decode.candidates(both, np.array([3, 4]), transitions)
    own = beside[0] == 0
    for a, b in zip(alone[1:], beside[1:], strict=True):
        np.testing.assert_allclose(a, b[own], rtol=1e-4)


def test_schedule_takes_the_best_disjoint_set() -> None:
    """A long span must give way to two short ones that are worth more together, and losses are never taken."""
    start, end = np.array([0, 0, 3, 6]), np.array([6, 3, 6, 8])
    assert decode.schedule(start, end, np.array([0.5, 0.3, 0.3, -0.1])) == [1, 2]
    assert decode.schedule(start, end, np.array([0.7, 0.3, 0.3, 0.1])) == [0, 3]
    assert decode.schedule(start, end, np.array([-1.0, -1.0, -1.0, -1.0])) == []


def read_all(
    text: str, words: list[str], labels: dict[str, object], calibration: Calibration, lang: str, told: float = 0.0
) -> list[dict]:
    """Decode one text whose whole is one span, its head logits given by label; ``told``: the whole text on prices."""
    offsets, at = [], 0
    for word in words:
        at = text.index(word, at)
        offsets.append((at, at + len(word)))
        at += len(word)
    one, n = np.zeros(1, dtype=np.int64), len(words)
    spans = Spans(one, one, one + n, one + HEADS.kinds.index(labels["kind"]), np.array([0.9]))
    logits = {k: np.zeros((1, size)) for k, size in (("kind", 6), ("touchpoint", 28), ("polarity", 3), ("severity", 3))}
    logits["kind"][0, HEADS.kinds.index(labels["kind"])] = 5
    logits["touchpoint"][0, HEADS.touchpoints.index(labels["touchpoint"])] = 5
    logits["severity"][0, labels["severity"] - 1] = 9
    target = np.where(np.array(words) == labels["target"], 2.0, -2.0)[None]
    touch = np.zeros((1, 2, 28))
    touch[0, :, HEADS.touchpoints.index("price_value")] = told
    return decode.mentions(spans, logits, target, touch, np.array([offsets]), [text], [lang], HEADS, calibration)[0]


def read_one(text: str, words: list[str], labels: dict[str, object], calibration: Calibration, lang: str) -> dict:
    """The one mention of `read_all`."""
    return read_all(text, words, labels, calibration, lang)[0]


@pytest.mark.parametrize(("lang", "text"), [("fa", "پول بیخودی"), ("en", "wasted money")])
def test_the_whole_text_has_a_say_in_a_touchpoint(lang: str, text: str) -> None:
    """A doubtful span goes to the touchpoint that the text is sure of, or is dropped where the text denies it."""
    labels = {"kind": "pain", "touchpoint": "delivery", "severity": 2, "target": ""}

    def found(told: float, bias: dict[str, list[float]]) -> list[str]:
        fitted = Calibration(bias={lang: bias})
        return [m["touchpoint"] for m in read_all(text, text.split(), labels, fitted, lang, told)]

    assert found(30.0, {"text": [0.4, 0.0]}) == ["delivery"]  # 5 of its own against 0.4 times log 2
    assert found(30.0, {"text": [9.0, 0.0]}) == ["price_value"]
    assert found(-30.0, {"text": [9.0, 0.0]}) == ["delivery"]
    assert found(30.0, {"text": [9.0, 0.4], "threshold": [1.0]}) == ["price_value"]  # 0.9 + 0.2 for being sure
    assert found(30.0, {"text": [0.0, 0.4], "threshold": [0.95]}) == []  # an even chance of delivery adds nothing
    assert found(30.0, {"text": [0.0, 0.4], "threshold": [0.85]}) == ["delivery"]


@pytest.mark.parametrize(
    ("text", "words", "target", "lang"),
    [
        ("«پیک خیلی دیر رسید،", ["پیک", "خیلی", "دیر", "رسید", "،"], "پیک", "fa"),
        ("Courier came very late.", ["Courier", "came", "very", "late", "."], "Courier", "en"),
    ],
)
def test_mentions_quote_the_text(text: str, words: list[str], target: str, lang: str) -> None:
    """The quote is the text's own, without the mark that ends it; a pain is negative, whatever its head says."""
    labels = {"kind": "pain", "touchpoint": "delivery", "severity": 3, "target": target}
    mention = read_one(text, words, labels, Calibration(), lang)
    assert mention["quote"] == text[mention["start"] : mention["end"]]
    assert mention["quote"][-1] not in "،."
    assert (mention["touchpoint"], mention["polarity"], mention["severity"]) == ("delivery", "neg", 3)
    assert mention["target"] == target
    assert 0 < mention["confidence"] < 1


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_each_language_has_its_own_calibration(lang: str) -> None:
    """A curve or an offset of one language must not touch the other."""
    labels = {"kind": "pain", "touchpoint": "delivery", "severity": 2, "target": ""}
    fitted = Calibration({lang: ([0.0, 1.0], [0.5, 0.5])}, {lang: {"severity": [2.5, 2.8]}})
    other = {"fa": "en", "en": "fa"}[lang]
    own, plain = (read_one("late پیک", ["late", "پیک"], labels, fitted, x) for x in (lang, other))
    assert own["confidence"] == 0.5 != plain["confidence"]
    assert (own["severity"], plain["severity"]) == (1, 2)


def test_praise_has_no_severity() -> None:
    """Severity is of pains only, by the guide."""
    labels = {"kind": "praise", "touchpoint": "delivery", "severity": 3, "target": ""}
    mention = read_one("خیلی زود رسید", ["خیلی", "زود", "رسید"], labels, Calibration(), "fa")
    assert (mention["severity"], mention["polarity"]) == (0, "pos")
