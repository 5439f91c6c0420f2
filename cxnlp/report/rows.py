"""Findings by type, metric and dimensions, and the link from each to the texts behind it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxnlp.report.words import missing

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
DIMENSIONS = {  # dimension name in `by` → column of insights
    "stage": "stage", "touchpoint": "touchpoint", "topic": "topic_id", "source": "source", "channel": "channel",
    "brand": "brand", "language": "language", "period": "period", "segment": "segment_value",
}  # fmt: skip
COMPUTED_SEGMENTS = ("next_stage", "hour", "weekday")  # dimensions that texts do not carry in the page
TELLING = 20  # evidence that travels with a link


class Details(dict[str, Any]):
    """The details of a finding; what it does not have is null."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass
class Findings:
    """The rows of `insights`, details parsed, in order of rank. See cxnlp/insight/README.md for what they mean."""

    numbers: dict[str, int]
    children: dict[str, list[str]] = field(default_factory=dict)  # theme → its topics
    _index: dict[tuple[str, str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))
    _by_id: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, insights: pd.DataFrame, topics: pd.DataFrame, numbers: dict[str, int]) -> Findings:
        """Index `insights`; `numbers` finds the text in the page for an evidence id."""
        children: dict[str, list[str]] = defaultdict(list)
        for topic, parent in zip(topics["topic_id"], topics["parent_id"], strict=True):
            if not missing(parent):
                children[parent].append(topic)
        found = cls(numbers, dict(children))
        ranked = insights.sort_values("rank", na_position="last", kind="stable").astype(object)
        for row in ranked.where(ranked.notna(), None).to_dict("records"):
            clean: Row = {str(k): v for k, v in row.items()}
            clean["details"] = Details(json.loads(clean["details"] or "{}"))
            clean["evidence"] = [] if clean["evidence"] is None else list(clean["evidence"])
            clean["show"] = found.link(clean)
            found._index[clean["type"], clean["metric"], clean["by"] or "all"].append(clean)
            found._by_id[clean["insight_id"]] = clean
        return found

    def rows(self, type: str, metric: str, by: str, **only: Any) -> list[Row]:
        """Rows of a type, metric and `by`, where the columns in `only` have these values."""
        found = self._index.get((type, metric, by), [])
        return [r for r in found if all(r[k] == v for k, v in only.items())]

    def one(self, type: str, metric: str, by: str, **only: Any) -> Row | None:
        """The first of `rows`, if any."""
        return next(iter(self.rows(type, metric, by, **only)), None)

    def of_type(self, type: str) -> list[Row]:
        """Every row of a type, in order of rank."""
        return [r for (t, _, _), rows in self._index.items() if t == type for r in rows]

    def by_id(self, insight_id: str | None) -> Row | None:
        """The row with this id."""
        return self._by_id.get(insight_id or "")

    def link(self, row: Row) -> str | None:
        """JSON for the page: the filter that finds the texts behind a row, and its most telling texts (by number).

        null where nothing stands behind it. A number that no filter expresses shows its evidence alone (`only`).
        """
        first = list(dict.fromkeys(self.numbers[e] for e in row["evidence"] if e in self.numbers))
        dimensions = set((row["by"] or "all").split("+")) - {"all"}
        asked: dict[str, Any] = {}
        for dimension in dimensions:
            value = row[DIMENSIONS[dimension]] if dimension in DIMENSIONS else None
            if dimension == "segment":
                asked[f"segment:{row['segment']}"] = value
            elif dimension == "topic" and value in self.children:
                asked["topics"] = self.children[value]
            else:
                asked[dimension] = value
        if row["kind"]:
            asked["kind"] = row["kind"]
        if row["metric"] in ("nps", "csat", "ces", "rating", "recommended"):
            asked["has"] = row["metric"]
        if row["type"] in ("trend", "alert") and "from" in row["details"]:
            asked |= {"since": row["details"]["from"], "until": row["details"]["to"]}
        only = row["segment"] in COMPUTED_SEGMENTS or row["type"] in ("leaver", "promoter", "response", "quality")
        only = only or (row["type"] == "alert" and "from" not in row["details"])
        if only and not first:
            return None
        return dumps({"filter": {} if only else asked, "first": first[: 50 if only else TELLING], "only": only})


def dumps(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
