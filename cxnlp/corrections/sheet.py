"""The report's sheet of mentions, edited by a person, as corrections: changed cells only, bad rows set aside.

A cell is changed if it differs from the hidden column `exported`, so what others corrected meanwhile stays. Kind
`none` says that the mention is wrong; a row without mention_id but with feedback_id and quote adds a missed one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cxnlp.corrections.labels import Label, checked
from cxnlp.errors import InputError
from cxnlp.taxonomy import Taxonomy

SHEET = "mentions"
CELLS = ("quote", "kind", "touchpoint", "polarity", "severity", "target", "sentiment")
WRONG = "none"
NEEDED = ("feedback_id", "mention_id", "exported", "quote", "kind", "touchpoint")
FIRST = 2  # row of the sheet below its header
POLARITY = {"pain": "neg", "praise": "pos"}


@dataclass
class Edited:
    """What a sheet says: readings by feedback_id, rows set aside as (row of the sheet, reason), rows left alone."""

    labels: dict[str, Label] = field(default_factory=dict)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    unchanged: int = 0


def read(path: Path) -> pd.DataFrame:
    """The sheet `mentions` as text cells; InputError for a file that is no such workbook."""
    try:
        frame = pd.read_excel(path, sheet_name=SHEET, engine="calamine", dtype=object)
    except FileNotFoundError:
        raise InputError(f"there is no {path}; give the report.xlsx that you edited") from None
    except Exception as error:  # noqa: BLE001 - calamine's own errors have no common parent
        raise InputError(
            f"{path} has no sheet {SHEET!r} that can be read ({error}); give an edited report.xlsx"
        ) from None
    if missing := [c for c in NEEDED if c not in frame]:
        raise InputError(f"{path}: sheet {SHEET} lacks the columns {', '.join(missing)}; export it again and keep them")
    return frame


def edited(sheet: pd.DataFrame, current: Mapping[str, Label], ids: Mapping[str, str], taxonomy: Taxonomy) -> Edited:
    """Changed readings of `current` (feedback_id → reading, its mentions with `mention_id`); `ids`: mention → text.

    One bad row sets aside the row, not its text's other rows; a text whose rows contradict each other is set aside.
    """
    found = Edited()
    drafts: dict[str, Label] = {}
    rows: dict[str, int] = {}
    for number, cells in enumerate(sheet.to_dict("records"), FIRST):
        row = {str(k): _text(v) for k, v in cells.items()}
        try:
            changed = _changed(row)
            if not changed:
                found.unchanged += 1
                continue
            feedback_id = row["feedback_id"] or ids.get(row["mention_id"] or "", "")
            if feedback_id not in current:
                raise InputError("this text is not in the lake; open the newest report")
            draft = drafts.get(feedback_id) or json.loads(json.dumps(current[feedback_id]))
            drafts[feedback_id] = _applied(draft, row, changed, taxonomy)
            rows[feedback_id] = number
        except InputError as reason:
            found.rejected.append((number, str(reason)))
    for feedback_id, draft in drafts.items():
        try:
            new = checked(draft, draft["text"], taxonomy)
        except InputError as reason:
            found.rejected.append((rows[feedback_id], str(reason)))
        else:
            found.labels[feedback_id] = new
    return found


def _changed(row: dict[str, str | None]) -> dict[str, str | None]:
    """Cells whose value is not the one that was exported; all of them for a row that people added."""
    if row.get("mention_id") is None:
        return {c: row.get(c) for c in CELLS if row.get(c)} if row.get("quote") and row.get("feedback_id") else {}
    try:
        was = json.loads(row["exported"] or "")
    except json.JSONDecodeError:
        raise InputError("the hidden cell `exported` is empty or damaged; change a fresh export") from None
    return {c: row[c] for c in CELLS if c in row and c in was and row[c] != _text(was[c])}


def _applied(draft: Label, row: dict[str, str | None], changed: dict[str, str | None], taxonomy: Taxonomy) -> Label:
    """The draft with one row's changes; checks the mention alone so that a bad row leaves the others alone."""
    mentions = list(draft["mentions"])
    sentiment = changed.get("sentiment") or draft["sentiment"]
    if row["mention_id"] is None:
        mentions.append(_typed(dict.fromkeys(CELLS, None) | changed, taxonomy))
    else:
        place = next((i for i, m in enumerate(mentions) if m.get("mention_id") == row["mention_id"]), None)
        cells = {k: v for k, v in changed.items() if k != "sentiment"}
        if place is None and cells:
            raise InputError("this mention is no longer in the lake; open the newest report")
        if cells.get("kind") == WRONG:
            mentions.pop(place or 0)
        elif cells:
            at = place or 0
            mentions[at] = _typed(mentions[at] | cells, taxonomy) | {"mention_id": row["mention_id"]}
            if "kind" in cells and "polarity" not in cells:
                mentions[at]["polarity"] = POLARITY.get(mentions[at]["kind"], mentions[at]["polarity"])
            checked({"sentiment": sentiment, "mentions": [mentions[at]]}, draft["text"], taxonomy)
    if row["mention_id"] is None:
        checked({"sentiment": sentiment, "mentions": [mentions[-1]]}, draft["text"], taxonomy)
    return draft | {"sentiment": sentiment, "mentions": mentions}


def _typed(cells: dict[str, Any], taxonomy: Taxonomy) -> Label:
    """Cells as a mention: a touchpoint may be written by its label, severity as a number in a cell of text."""
    by_label = {name: t.id for t in taxonomy.touchpoints for name in (t.id, t.fa, t.en)}
    place = cells["touchpoint"]
    try:
        severity = int(float(cells["severity"] or 0))
    except ValueError:
        severity = cells["severity"]
    kind = cells["kind"]
    return {**cells, "touchpoint": by_label.get(place, place), "severity": severity, "target": cells["target"] or "",
            "polarity": cells["polarity"] or POLARITY.get(str(kind), "neu")}  # fmt: skip


def _text(value: Any) -> str | None:
    """A cell as text: numbers without a point, the report's ' before formulas taken off, empty as null."""
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return (text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text) or None
