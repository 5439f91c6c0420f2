"""The whole step: identity across runs, exactness, abstaining, tiny runs, growth."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.topics import discovery, keywords, lineage
from cxnlp.topics.proposals import Proposal, least_size
from cxnlp.topics.registry import empty_row
from cxnlp.topics.stability import jaccard
from cxnlp.topics.vectors import mean, placed, to_bytes, to_matrix, unit
from tests.topics.conftest import said

AT = pd.Timestamp("2024-07-01", tz="UTC")


def carried(mentions: pd.DataFrame, update: topics.TopicUpdate) -> pd.DataFrame:
    return mentions.drop(columns=["topic_id", "topic_similarity", "topic_version"], errors="ignore").merge(
        update.assignments, on="mention_id"
    )


def thing_of(mentions: pd.Series) -> pd.Series:
    return mentions.str.split("-").str[1]


def test_one_topic_per_thing_in_both_languages(settings: Topics, registry: pd.DataFrame) -> None:
    """The room's purpose: what is said in Persian and English about one thing is one topic, with a label in each."""
    mentions = said()
    update = topics.update(mentions, registry, None, settings, AT)
    found = update.assignments.dropna(subset="topic_id")
    assert len(found) > 0.85 * len(mentions)
    pairs = found.assign(thing=thing_of(found["mention_id"]))[["thing", "topic_id"]].drop_duplicates()
    assert len(pairs) == pairs["thing"].nunique() == pairs["topic_id"].nunique() == 7
    live = update.topics[update.topics["level"] == "topic"]
    assert (live["size_fa"] > 0).all() and (live["size_fa"] < live["size"]).all()
    assert live["label_fa"].str.contains("[آ-ی]").all() and live["label_en"].str.contains("[a-z]").all()
    assert live["parent_id"].isin(update.topics.loc[update.topics["level"] == "theme", "topic_id"]).all()
    tables.conform(update.topics, "topics")


def test_order_and_batches_change_nothing(settings: Topics, registry: pd.DataFrame) -> None:
    """Pitfalls 1 and 5: the same data in another order gives the same registry; assigning in parts is bitwise equal."""
    mentions = said()
    known = topics.update(mentions, registry, None, settings, AT)
    shuffled = topics.update(mentions.sample(frac=1, random_state=3), registry, None, settings, AT)
    pd.testing.assert_frame_equal(known.topics, shuffled.topics)
    whole = topics.assign(mentions, known.topics)
    parts = pd.concat([topics.assign(mentions.iloc[i : i + 7], known.topics) for i in range(0, len(mentions), 7)])
    pd.testing.assert_frame_equal(whole, parts, check_exact=True)
    assert whole["topic_id"].notna().sum() > 50


def test_what_a_mention_is_about_parts_what_sounds_alike() -> None:
    """«یک ساعت» late and "an hour" on hold may have one vector: their touchpoints must hold them apart."""
    hour = said(["late"], each=1).iloc[:1]
    rows = pd.concat([hour.assign(touchpoint=t) for t in ("delivery", "delivery", "staff_support", "general")])
    vectors = to_matrix(placed(rows))
    cosines = vectors @ vectors.T
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert cosines[0, 1] == pytest.approx(1, abs=1e-3)
    assert cosines[0, 2] < cosines[0, 3] < 0.98


@pytest.mark.parametrize(("said_so_far", "least"), [(30, 10), (64, 5), (150, 6), (400, 10), (10_000, 10)])
def test_little_said_makes_small_topics(said_so_far: int, least: int) -> None:
    """Requests are few: what five of a hundred ask for is a topic; five of thirty, or of thousands, are not."""
    assert least_size(10, said_so_far) == least


def test_topics_keep_their_ids_when_more_comes(settings: Topics, registry: pd.DataFrame) -> None:
    """Pitfall 2: a later run adds topics; every mention and every label of the first run stays."""
    early = said(["late", "cold", "kind", "dark"])
    first = topics.update(early, registry, None, settings, AT)
    both = pd.concat([carried(early, first), said(["crash", "fast", "late"], prefix="n", start="2024-07-01")])
    second = topics.update(both, first.topics, None, settings, AT + pd.Timedelta(days=180))
    before = first.assignments.dropna(subset="topic_id").set_index("mention_id")["topic_id"]
    assert (second.assignments.set_index("mention_id")["topic_id"].loc[before.index] == before).all()
    labels = ["label_fa", "label_en", "centroid", "kind"]
    old = first.topics[first.topics["level"] == "topic"].set_index("topic_id")
    pd.testing.assert_frame_equal(second.topics.set_index("topic_id").loc[old.index, labels], old[labels])
    late = second.assignments[second.assignments["mention_id"].str.contains("-late-")]["topic_id"].dropna()
    assert late.value_counts(normalize=True).iloc[0] > 0.95, "what is said again must join its topic, not found another"
    shown = second.topics[(second.topics["level"] == "topic") & (second.topics["status"] != "merged")]
    assert len(shown) == len(old) + 2


def test_strangers_stay_unassigned(settings: Topics, registry: pd.DataFrame) -> None:
    """Pitfall 4: abstaining is an answer. Motives have no topics; a mention like nothing known gets none."""
    known = topics.update(said(["late", "cold", "kind"]), registry, None, settings, AT).topics
    noise = np.random.default_rng(5).normal(size=(40, 64))
    vectors = [(v / np.linalg.norm(v)).astype("<f2").tobytes() for v in noise]
    strange = said(["late"], each=20).iloc[:40].assign(vector=vectors, mention_id=[f"s{i}" for i in range(40)])
    assert topics.assign(strange, known)["topic_id"].isna().all()
    motive = said(["late"]).assign(kind="motive")
    assert topics.assign(motive, known)["topic_id"].isna().all()
    blind = said(["late"]).assign(vector=None)
    assert topics.assign(blind, known)["topic_id"].isna().all()


def test_those_who_made_a_topic_belong_to_it(settings: Topics, registry: pd.DataFrame) -> None:
    """What stands at the edge of a new topic made it and has it; the same words said later are not let in by it."""
    mentions = said()
    update = topics.update(mentions, registry, None, settings, AT)
    made = update.topics.explode("founders").dropna(subset="founders").set_index("founders")
    assert 0 < len(made) < len(mentions) / 10
    has = update.assignments.set_index("mention_id").loc[made.index]
    assert (has["topic_id"] == made["topic_id"]).all() and (has["topic_similarity"] < made["threshold"]).all()
    edge = mentions[mentions["mention_id"].isin(made.index)]
    pd.testing.assert_series_equal(
        topics.assign(edge, update.topics).set_index("mention_id")["topic_id"], has["topic_id"].loc[edge["mention_id"]]
    )
    later = edge.assign(mention_id=[f"later-{i}" for i in range(len(edge))])
    assert (topics.assign(later, update.topics)["topic_id"].to_numpy() != has.loc[edge["mention_id"], "topic_id"]).all()


@pytest.mark.parametrize("count", [0, 1, 5, 30])
def test_tiny_runs_are_sane(count: int, settings: Topics, registry: pd.DataFrame) -> None:
    """A first try with a handful of texts must give no topic or a few, never a crash."""
    update = topics.update(said(each=12).iloc[:count], registry, None, settings, AT if count else None)
    assert len(update.assignments) == count and (update.topics["level"] == "topic").sum() < 4
    tables.conform(update.topics, "topics")


def test_same_words_many_times(settings: Topics, registry: pd.DataFrame) -> None:
    """Five hundred people who write one word must not make a neighbourhood that swallows the others."""
    mentions = said()
    one = said(["kind"], each=1).iloc[[1]]
    copies = pd.concat([one.assign(mention_id=f"k-kind-en-{i}", feedback_id=f"k{i}") for i in range(500)])
    update = topics.update(pd.concat([mentions, copies]), registry, None, settings, AT)
    found = update.assignments.dropna(subset="topic_id")
    assert found.assign(thing=thing_of(found["mention_id"]))[["thing", "topic_id"]].drop_duplicates()["thing"].is_unique


def test_growth_is_of_rates(settings: Topics, registry: pd.DataFrame) -> None:
    """An emerging topic is one whose share grows; a topic that grows because everything does is not."""
    early = said(["late", "cold", "kind", "fast", "dear"], each=40, start="2024-01-01")
    rows = pd.concat([early, said(["crash"], each=20, start="2024-07-01", prefix="n")])
    at = pd.Timestamp("2024-08-15", tz="UTC")
    update = topics.update(rows[rows["created_at"] <= at], registry, None, settings, at)
    topic = update.assignments[update.assignments["mention_id"].str.startswith("n-")]["topic_id"].mode()[0]
    status = update.topics.set_index("topic_id")["status"]
    assert status[topic] == "emerging"
    tests = [e for e in json.loads(update.topics.set_index("topic_id")["history"][topic]) if e["event"] == "grows"]
    assert tests and tests[0]["p"] < 0.01 and tests[0]["ratio"] > 1.5
    everything = pd.concat(
        [early, said(["late", "cold", "kind", "fast", "dear"], each=60, start="2024-07-01", prefix="n")]
    )
    calm = topics.update(everything, registry, None, settings, pd.Timestamp("2025-01-01", tz="UTC"))
    assert "emerging" not in set(calm.topics["status"])


def test_a_complaint_pasted_again_and_again_is_no_growth() -> None:
    """Growth counts as sizes do: not the copies of a text. What has no topic still is part of what is said."""
    at = pd.Timestamp("2024-12-31", tz="UTC")
    late, early = [at] * 35, [at - pd.Timedelta(days=200)] * 40
    topic = ["T0001"] * 20 + [None] * 15 + ["T0001", *["T0002"] * 39]
    rows = pd.DataFrame({"topic_id": topic, "created_at": late + early, "duplicate_of": None})
    assert lineage.growth(rows, at)["T0001"][2] == 20
    rows.loc[5:19, "duplicate_of"] = "f5"
    ratio, _, recent = lineage.growth(rows, at)["T0001"]
    assert recent == 5 and ratio == pytest.approx((5 / 20) / (1 / 40))


def test_words_of_one_language_support_a_continuation() -> None:
    """An English month of a topic that has words in both languages must not be another topic."""
    directions = unit(np.array([[0.95, 0.31], [0.6, 0.8]]))
    members = np.repeat(directions, 20, axis=0)
    english = ["courier", "late", "delivery", "parcel"]
    proposal = Proposal("pain", mean(members), 0.7, 0.9, ("m",), (), {word: 1 / n for n, word in enumerate(english, 1)})
    known = [
        empty_row() | {"topic_id": topic, "centroid": to_bytes(np.array(centroid)), "keywords_fa": persian}
        for topic, centroid, persian in [
            ("T0001", [1.0, 0.0], ["پیک", "دیر", "تاخیر", "ارسال"]), ("T0002", [0.0, 1.0], ["سرد"])
        ]
    ]  # fmt: skip
    assert discovery.compare(proposal, known, members, np.zeros(2)).topic_id is None
    known[0]["keywords_en"] = english
    match = discovery.compare(proposal, known, members, np.zeros(2))
    assert match.topic_id == "T0001" and match.words == pytest.approx(1)


def test_words_are_listed_where_they_tell_topics_apart() -> None:
    """Four topics of late deliveries, all of which say "late": a list of words that differ says which is which."""
    weighted = {
        group: {"late": 1 + place / 2, own: 0.5, "day": 0.1, "broken": 0.1}
        for place, (group, own) in enumerate([("A", "snow"), ("B", "courier"), ("C", "depot"), ("D", "gift")])
    }
    texts = ["broken by snow", "our late gift", "the depot is late", "depot: late and broken"]
    kinds = dict.fromkeys("ABCD", "pain") | {"E": "praise"}
    listed = keywords.telling(weighted | {"E": {"late": 9.0}}, kinds, texts)
    assert listed["E"] == ["late"] and listed["D"][:2] == ["late", "gift"] and listed["C"][:2] == ["late", "depot"]
    assert all("late" not in listed[group] and len(listed[group]) >= 2 for group in "AB")
    assert listed["C"] == ["late", "depot", "broken"], '"day" is said with none of them'


def test_scorecard_counts(settings: Topics, registry: pd.DataFrame) -> None:
    """Pitfall 14: a run says how good its topics are; the figures must add up with the tables."""
    mentions = said()
    update = topics.update(mentions, registry, None, settings, AT)
    card = update.scorecard
    assert card["coverage"] == pytest.approx(update.assignments["topic_id"].notna().mean())
    assert card["topics"] == 7 and 0 < card["diversity_fa"] <= 1 and -1 <= card["npmi_en"] <= 1
    assert 0 < card["c_v_fa"] <= 1 and 0 < card["c_v_en"] <= 1
    assert card["seeds_jaccard"] > 0.6 and card["parts_jaccard"] > 0.5
    assert json.loads(json.dumps(card)) == card


def test_matched_jaccard() -> None:
    """1 for the same groups under other names, and a known value where half of one group went."""
    a = pd.Series(["x", "x", "x", "x", "y", "y", "unassigned"])
    assert jaccard(a, a.map({"x": "p", "y": "q", "unassigned": "unassigned"})) == 1
    assert jaccard(a, pd.Series(["p", "p", "unassigned", "unassigned", "q", "q", "q"])) == pytest.approx(
        (0.5 * 4 + 2 / 3 * 2) / 6
    )


def test_a_new_model_keeps_the_topics(settings: Topics, registry: pd.DataFrame) -> None:
    """A retrained reader gives other vectors, of another width even: ids, labels and mentions must stay."""
    mentions = said()
    old = topics.update(mentions, registry, None, settings, AT)
    turn = np.random.default_rng(7).normal(size=(64, 48))
    turned = np.stack([np.frombuffer(v, "<f2").astype(float) for v in mentions["vector"]]) @ turn
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    again = mentions.assign(vector=[v.astype("<f2").tobytes() for v in turned])
    new = topics.update(again, old.topics, None, settings, AT)
    both = old.assignments.merge(new.assignments, on="mention_id").dropna()
    assert len(both) > 100 and (both["topic_id_x"] == both["topic_id_y"]).all()
    labels = ["label_fa", "label_en", "status"]
    kept = new.topics.set_index("topic_id").loc[old.topics["topic_id"], labels]
    pd.testing.assert_frame_equal(kept, old.topics.set_index("topic_id")[labels])


def test_a_text_that_praises_names_no_pain() -> None:
    """One misread sentence in a happy text must not head the report, however typical its words are."""
    mentions = said(["late", "cold"])
    first = topics.update(mentions, tables.empty("topics"), None, Topics(), None)
    held = first.assignments.set_index("mention_id")["topic_id"].reindex(mentions["mention_id"]).to_numpy()
    named = first.topics.set_index("topic_id")["label_en"].dropna()
    of = pd.Series(held, index=mentions.index).map(named)
    happy = [isinstance(o, str) and o.lower() in q.lower() for o, q in zip(of, mentions["quote"], strict=True)]
    assert any(happy)
    mentions["sentiment"] = np.where(happy, "pos", "neg")
    again = topics.update(mentions, tables.empty("topics"), None, Topics(), None).topics
    assert not set(again["label_en"].dropna()) & set(of[happy])


def test_a_mention_that_is_hardly_right_names_nothing() -> None:
    """What the reader itself doubts must not head the report, however typical its words are."""
    mentions = said(["late", "cold"])
    first = topics.update(mentions, tables.empty("topics"), None, Topics(), None)
    held = first.assignments.set_index("mention_id")["topic_id"].reindex(mentions["mention_id"]).to_numpy()
    of = pd.Series(held, index=mentions.index).map(first.topics.set_index("topic_id")["label_en"].dropna())
    named = [isinstance(o, str) and o.lower() in q.lower() for o, q in zip(of, mentions["quote"], strict=True)]
    assert any(named)
    mentions["confidence"] = np.where(named, 0.15, 0.8)
    again = topics.update(mentions, tables.empty("topics"), None, Topics(), None).topics
    assert not set(again["label_en"].dropna()) & set(of[named])
