"""The lake in memory, as of one moment: what pages show and search looks through. Renewed as the lake grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cxnlp import periods
from cxnlp.corrections.labels import Label
from cxnlp.corrections.overlay import corrected
from cxnlp.desk.search import Index
from cxnlp.errors import LakeError
from cxnlp.prepare.lemmas import lemmas
from cxnlp.prepare.normalize import normalize
from cxnlp.report.words import missing
from cxnlp.stages import corrections
from cxnlp.stages.decisions import decided, decisions
from cxnlp.stages.findings import segment
from cxnlp.stages.journey import with_stage
from cxnlp.stages.run import Run

TEXTS = [
    "feedback_id", "source", "text", "normalized", "language", "created_at", "role", "customer_id", "channel", "brand",
    "product", "rating", "rating_max", "nps", "csat", "csat_max", "ces", "ces_max", "duplicate_of", "turn",
    "conversation_id", "sentiment", "sentiment_score", "sentiment_confidence", "model_version", "attributes",
    "source_stage",
]  # fmt: skip
MENTIONS = [
    "mention_id", "feedback_id", "start", "end", "quote", "kind", "touchpoint", "stage", "polarity", "severity",
    "target", "confidence", "model_version", "topic_id",
]  # fmt: skip
WATCHED = ("feedback", "mentions", "topics", "insights", "edits", "corrections")
OF_MENTIONS = ("stage", "touchpoint", "kind", "polarity", "topic")
OF_TEXTS = ("source", "language", "channel", "period", "sentiment")
EVERY = 2.0  # seconds between looks at the lake


@dataclass(frozen=True)
class Snapshot:
    """Customers' own texts, each once, newest first; `mentions.at` is the row of the text in `texts`."""

    texts: pd.DataFrame
    mentions: pd.DataFrame
    topics: pd.DataFrame
    insights: pd.DataFrame
    dimensions: tuple[str, ...]  # segments: columns of `texts`
    index: Index
    versions: tuple[int, ...]

    def find(self, asked: Mapping[str, str]) -> NDArray[np.int64]:
        """Rows of `texts` that meet every filter: q, those of OF_MENTIONS and OF_TEXTS, segment ("dimension=value").

        Filters on mentions are met by one mention together: a pain about delivery, not a pain and a delivery.
        """
        keep = np.ones(len(self.texts), dtype=bool)
        for name in (n for n in OF_TEXTS if asked.get(n)):
            keep &= (self.texts[name] == asked[name]).to_numpy(dtype=bool, na_value=False)
        dimension, _, value = asked.get("segment", "").partition("=")
        if dimension in self.dimensions:
            keep &= (self.texts[dimension].astype("str") == value).to_numpy(dtype=bool, na_value=False)
        wanted = [n for n in OF_MENTIONS if asked.get(n)]
        if wanted:
            said = np.ones(len(self.mentions), dtype=bool)
            for name in wanted:
                column = "topic_id" if name == "topic" else name
                values = self._below(asked[name]) if name == "topic" else [asked[name]]
                said &= self.mentions[column].isin(values).to_numpy()
            with_it = np.zeros(len(self.texts), dtype=bool)
            with_it[self.mentions["at"].to_numpy()[said]] = True
            keep &= with_it
        held = self.index.find(asked.get("q", ""), normalize, lemmas)
        if held is not None:
            holds = np.zeros(len(self.texts), dtype=bool)
            holds[held] = True
            keep &= holds
        return np.flatnonzero(keep)

    def _below(self, topic: str) -> list[str]:
        return [topic, *self.topics.loc[self.topics["parent_id"] == topic, "topic_id"]]

    def mentions_of(self, rows: NDArray[np.int64]) -> dict[int, list[dict[str, Any]]]:
        """Row of a text → its mentions in the order of the text."""
        said = self.mentions[self.mentions["at"].isin(rows)].sort_values(["at", "start"])
        found: dict[int, list[dict[str, Any]]] = {}
        for one in said.to_dict("records"):
            found.setdefault(int(one["at"]), []).append({str(k): None if missing(v) else v for k, v in one.items()})
        return found


def take(run: Run, before: Snapshot | None = None) -> Snapshot:
    """Read the lake; what `before` indexed is not indexed again. Corrections not yet in the tables are laid over."""
    versions = tuple(run.lake.version(t) for t in WATCHED)
    raw = run.lake.read("feedback")
    keep = raw["duplicate_of"].isna() & raw["text"].notna() & (raw["role"].isna() | (raw["role"] == "customer"))
    texts = raw[keep].sort_values("created_at", ascending=False, na_position="last", kind="stable")
    texts = texts.reset_index(drop=True)[TEXTS]
    mentions = run.lake.read("mentions", MENTIONS)
    texts, mentions = _laid_over(run, texts, mentions, corrections.labels(run))
    segments = segment(run, raw) if len(texts) else pd.DataFrame({"feedback_id": []})
    dimensions = tuple(c for c in segments.columns if c != "feedback_id" and c not in texts)
    texts = texts.merge(segments[["feedback_id", *dimensions]], on="feedback_id", how="left")
    project = run.settings.project
    texts["period"] = periods.key(texts["created_at"], "month", project.calendar, project.timezone)
    at = pd.Series(np.arange(len(texts)), index=texts["feedback_id"])
    mentions = mentions[mentions["feedback_id"].isin(at.index)]
    mentions = mentions.assign(at=at[mentions["feedback_id"]].to_numpy(np.int64)).reset_index(drop=True)
    same = before is not None and texts["normalized"].equals(before.texts["normalized"])
    index = before.index if before is not None and same else Index.of(texts["normalized"], lemmas)
    insights = decided(run.lake.read("insights"), decisions(run))
    return Snapshot(texts, mentions, run.lake.read("topics"), insights, dimensions, index, versions)


class Desk:
    """The newest snapshot; renewed in the background when the lake has changed, so that nobody waits for it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._now = take(run)
        self._looked = time.monotonic()
        self._lock = threading.Lock()
        self._renewing: threading.Thread | None = None

    def now(self) -> Snapshot:
        """The snapshot to answer with."""
        with self._lock:
            busy = self._renewing is not None and self._renewing.is_alive()
            if not busy and time.monotonic() - self._looked > EVERY:
                self._looked = time.monotonic()
                if tuple(self.run.lake.version(t) for t in WATCHED) != self._now.versions:
                    self._renewing = threading.Thread(target=self._renew, daemon=True)
                    self._renewing.start()
            return self._now

    def _renew(self) -> None:
        try:
            fresh = take(self.run, self._now)
        except LakeError:  # tidied up while it was read: the next look finds it whole
            return
        with self._lock:
            self._now = fresh

    def renew(self) -> None:
        """Read the lake anew, now."""
        self._renew()

    def correct(self, feedback_id: str) -> None:
        """Show the newest correction of one text at once, without reading the lake anew."""
        with self._lock:
            now = self._now
            labels = corrections.labels(self.run)
            mine = {feedback_id: labels[feedback_id]} if feedback_id in labels else {}
            texts, mentions = _laid_over(self.run, now.texts, now.mentions.drop(columns="at"), mine)
            at = pd.Series(np.arange(len(texts)), index=texts["feedback_id"])
            mentions = mentions.assign(at=at[mentions["feedback_id"]].to_numpy(np.int64))
            self._now = replace(now, texts=texts, mentions=mentions)


def _laid_over(
    run: Run, texts: pd.DataFrame, mentions: pd.DataFrame, labels: dict[str, Label]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both with the corrected readings in force; what a person said gets its stage as the annotate stage gives it."""
    known = texts.set_index("feedback_id")
    texts, mentions = corrected(texts, mentions, labels, known["text"])
    bare = mentions[mentions["stage"].isna()]
    staged = with_stage(run, bare, known["source_stage"].reindex(bare["feedback_id"]))["stage"]
    return texts, mentions.assign(stage=mentions["stage"].fillna(staged))
