"""What a version says of itself: figures, recipe, card, hashes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp.annotate.decode import Calibration
from cxnlp.registry import write_manifest
from cxnlp.training.plans import CAPS
from cxnlp.training.promotion import languages

if TYPE_CHECKING:
    from cxnlp.training.run import Material

LICENCES = {  # set → licence as stated by its source
    "snappfood": "text without a licence statement (repositories MIT and Apache-2.0)", "digikala": "none stated",
    "digikala_ca3": "none stated", "digikala_tutorial3k": "MIT (repository)", "neshan_places": "none stated",
    "hotel_reviews": "none stated", "hotel_sentences": "none stated", "parsinlu_food": "CC BY-NC-SA 4.0",
    "parsinlu_movie": "CC BY-NC-SA 4.0", "deepsentipers": "none stated", "senti_persian_movies": "MIT (as stated)",
    "phrase": "pros and cons: CC BY 4.0 (English), none stated (Persian)", "airline": "CC BY-NC-SA 4.0 (original)",
    "restaurant": "none stated", "health": "MIT", "trustpilot_pet_insurance": "none stated",
    "womens_clothing": "MIT (repository)", "amazon_stars_7dom": "MIT (repository)", "nps_telecom_journey": "GPL",
    "cr": "MIT (repository)", "suggestion": "CC BY-NC-SA 4.0", "absa_oats": "none stated",
    "absa_memd": "none stated", "absa_acos_restaurant": "none stated",
}  # fmt: skip
PAIRS = (
    "Both languages in one space: vectors of all-MiniLM-L6-v2 for English are the aim for both sides of half of the "
    "feedback pairs, of shop strings (bagisto, MIT), flight sentences (Persian ATIS, none stated), Mizan (dev "
    "part), the Quran and word pairs (NRC lexicon, research), and for sentences of the English sets. Word vectors "
    "before training also used unlabelled reviews, posts and news in both languages."
)
LIMITS = """## Limits

- Read as people write reviews, comments, survey answers and support turns; news, legal and medical texts were not
  seen. Persian is mostly shopping, food, hotels and places; English adds airlines, apps, insurance and telecoms.
- The labels were made by a large language model under a written guide, so the figures say how well this model agrees
  with that reader, not with people. `general` against `product_quality`, and severity, are the least certain.
- Rare touchpoints (advertising, warranty, loyalty programme) have a few dozen examples: expect misses.
- Irony is mostly missed. Finglish is read from common words and letters; rare spellings are lost.
- Several of the sets forbid commercial use or state no licence: check before you redistribute a retrained model.
"""


def next_number(folder: Path) -> str:
    """The next free version, year.month.n."""
    today = datetime.now(UTC)
    month = f"{today.year}.{today.month}"
    used = [int(p.name.rsplit(".", 1)[1]) for p in folder.glob(f"{month}.*") if p.name.rsplit(".", 1)[1].isdigit()]
    return f"{month}.{max(used, default=0) + 1}"


def write(
    folder: Path, fitted: Calibration, figures: Mapping[str, Any], recipe: Mapping[str, Any], material: "Material"
) -> None:
    """Write calibration.json, metrics.json, recipe.json, card.md and, last, the manifest."""
    read = {name: len(getattr(material, name)) for name in ("gold", "dev", "check", "weak", "silver")}
    read["own"] = material.own
    if recipe.get("reading"):  # only the vectors are of this run
        read |= recipe["reading"].get("texts", {})
    for name, content in (
        ("calibration.json", asdict(fitted)),
        ("metrics.json", _rounded(figures)),
        ("recipe.json", {**recipe, "texts": read, "pairs": len(material.pairs), "sentences": len(material.sentences)}),
    ):
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    sets = sorted({r["set"] for r in material.weak if CAPS.get(r["set"], 1)})
    (folder / "card.md").write_text(card(folder.name, figures, read, sets, recipe), encoding="utf-8")
    write_manifest(folder)


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _rounded(v) for k, v in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def card(
    number: str, figures: Mapping[str, Any], read: Mapping[str, int], sets: Sequence[str], recipe: Mapping[str, Any]
) -> str:
    """The card of a version, in Markdown."""
    columns = {k: figures[k] for k in languages(figures)}
    ours = figures.get("check", {})
    columns |= {f"{k}, ours": ours[k] for k in languages(ours)}
    names = [n for n in next(iter(columns.values())) if n != "texts"]
    rows = [f"| {n} | " + " | ".join(f"{c.get(n, float('nan')):.3f}" for c in columns.values()) + " |" for n in names]
    lines = [
        f"# Reader {number}", "",
        "Reads customer feedback in Persian and English: sentiment, mentions with kind, touchpoint, polarity,",
        "severity, target and calibrated confidence, and a vector. One BERT encoder, all heads over one pass.", "",
        "## Figures on dev, and on texts that we labelled", "",
        "Calibration cross-fitted over five folds of both; no training text occurs in either.", "",
        "| figure | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|",
        "| texts | " + " | ".join(str(c["texts"]) for c in columns.values()) + " |", *rows, "",
    ]  # fmt: skip
    if "alignment" in figures:
        a = figures["alignment"]
        lines += [
            f"Retrieval@1 over {a['pairs']} held-back feedback pairs: {a['fa_to_en']:.3f} (fa to en), "
            f"{a['en_to_fa']:.3f} (en to fa).", "",
        ]  # fmt: skip
    lines += [
        "## Training", "",
        f"Base: {recipe.get('base')}. {read['gold']} gold texts, {read['own']} of them labelled by us "
        f"(docs/decisions/0010-own-labels.md), {read['weak']} weakly labelled texts before caps, "
        f"{read['silver']} silver texts (unlabelled and rated reviews of the same sets, labelled by the teachers).", "",
        "The encoder's parent is all-MiniLM-L6-v2 (Apache-2.0): its layers and its English word vectors.", "",
        PAIRS, "",
        "| weak set | licence |", "|---|---|", *(f"| {s} | {LICENCES.get(s, 'none stated')} |" for s in sets), "",
        "```json", json.dumps(recipe, indent=1), "```", "", LIMITS,
    ]  # fmt: skip
    return "\n".join(lines)
