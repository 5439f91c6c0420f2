"""Duplicates: the definition of the docstring, whatever the order, also at size."""

import itertools

import pandas as pd
import pytest

from cxnlp.prepare import mark_duplicates

LONG_FA = "غذا کاملا سرد بود و پیک هم یک ساعت و نیم دیر رسید و هیچکس جوابگو نبود و پول هم برنگشت"
LONG_EN = "the courier left my parcel in the rain and nobody at the support line ever called me back about the refund"


def frame(*rows):
    """Rows (id, text, customer, source, day)."""
    columns = ["feedback_id", "normalized", "customer_id", "source", "day"]
    table = pd.DataFrame(rows, columns=columns).astype({"customer_id": object})
    days = pd.to_numeric(table.pop("day"))
    return table.assign(created_at=pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(days, unit="D"))


def marks(table, known=None):
    out = mark_duplicates(table, known)
    return {
        i: d or n
        for i, d, n in zip(out["feedback_id"], out["duplicate_of"].fillna(""), out["near_duplicate_of"].fillna(""))
        if d or n
    }


@pytest.mark.parametrize(
    ("a", "b", "duplicate"),
    [
        (("عالی بود", "c1", "s"), ("عالی بود", "c2", "s"), False),  # a short verdict of two people
        (("عالی بود", None, "s"), ("عالی بود", None, "s"), False),  # or of nobody known
        (("عالی بود", "c1", "s"), ("عالی بود", "c1", "s"), True),  # sent twice
        (("عالی بود", "c1", "s"), ("عالی بود", "c1", "t"), False),  # short, in two channels
        (("غذا سرد و دیر بود", None, "s"), ("غذا سرد و دیر بود", None, "s"), True),
        (("غذا سرد و دیر بود", None, "s"), ("غذا سرد و دیر بود", None, "t"), False),
        (("غذا سرد و دیر بود", None, "s"), ("غذا سرد و دیر بود", "c1", "s"), False),
        ((LONG_EN, "c1", "s"), (LONG_EN, "c1", "t"), True),  # the same complaint in two channels
        (("", "c1", "s"), ("", "c1", "s"), False),
    ],
)
def test_definition(a, b, duplicate):
    """Each line of the definition, with the earlier row as the original."""
    out = mark_duplicates(frame(("late", *b, 2), ("early", *a, 1)))
    assert out["duplicate_of"].fillna("").tolist() == (["early", ""] if duplicate else ["", ""])


@pytest.mark.parametrize("text", [LONG_FA, LONG_EN])
def test_near_duplicates_name_the_first_and_are_not_duplicates(text):
    """A copied complaint with a word more is marked; two different complaints are not."""
    rows = frame(
        ("a", text, "c1", "s", 3),
        ("b", text + " واقعا", "c2", "t", 1),
        ("c", text, "c3", "s", 2),
        ("d", "x " * 9, None, "s", 0),
    )
    out = mark_duplicates(rows).set_index("feedback_id")
    assert out["near_duplicate_of"].fillna("").to_dict() == {"a": "b", "b": "", "c": "b", "d": ""}
    assert out["duplicate_of"].isna().all()


def test_order_does_not_matter_and_index_stays():
    """Files come in any order; the marks must not."""
    rows = frame(*[(f"r{i}", f"{LONG_FA} {'بد ' * (i % 4)}".strip(), f"c{i % 3}", "s", i // 2) for i in range(24)])
    expected = marks(rows)
    assert expected
    for seed in range(5):
        shuffled = rows.sample(frac=1, random_state=seed)
        assert marks(shuffled) == expected
        assert list(mark_duplicates(shuffled).index) == list(shuffled.index)


def test_known_rows_come_first_and_agents_are_left_out():
    """What is stored stays the original; an agent's stock phrase is nobody's duplicate."""
    known = frame(("old", LONG_EN, "c1", "s", 9))
    new = frame(("new", LONG_EN, "c1", "s", 1))
    assert marks(new, known) == {"new": "old"}
    turns = frame(("a", LONG_EN, None, "s", 1), ("b", LONG_EN, None, "s", 2)).assign(role="agent")
    assert marks(turns) == {}
    assert marks(frame()) == {}


def test_equal_to_comparing_every_pair():
    """Prefix filtering is exact: the same marks as the definition spelt out."""
    import random

    rng = random.Random(5)
    words = [f"w{i}" for i in range(40)]
    base = [[rng.choice(words) for _ in range(rng.randint(8, 25))] for _ in range(12)]
    texts = []
    for _ in range(90):
        text = list(rng.choice(base))
        for _ in range(rng.randint(0, 2)):
            text[rng.randrange(len(text))] = rng.choice(words)
        texts.append(" ".join(text))

    def members(text):
        w = text.split()
        return set(w) | set(itertools.pairwise(w))

    expected = {}
    for i, text in enumerate(texts):
        for j in range(i):
            a, b = members(text), members(texts[j])
            if len(a & b) / len(a | b) >= 0.85:
                expected[f"{i:03}"] = f"{j:03}"
                break
    rows = frame(*[(f"{i:03}", t, f"c{i}", "s", 0) for i, t in enumerate(texts)])
    assert marks(rows) == expected and len(expected) > 10


def test_spaces_written_otherwise_make_a_near_duplicate():
    """Persian writers join and part words as they like; the sample's R19007 is such a repetition."""
    first = "سومین سفارش پشت سر هم که بالای یک ساعت دیر میاد قبلا تو تهران سریع ترین بودین"
    again = "سومین سفارش پشت سرهم که بالای یک ساعت دیر میاد قبلا تو تهران سریعترین بودین"
    other = "دومین سفارش پشت سرهم که بالای سه ساعت دیر میاد قبلا تو شیراز سریعترین بودین"
    table = frame(("a", first, "c1", "s", 0), ("b", again, "c1", "s", 1), ("c", other, "c2", "s", 2))
    assert marks(table) == {"b": "a"}
