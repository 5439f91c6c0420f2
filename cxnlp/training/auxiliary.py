"""Public sets as weak supervision: ratings give polarity, categories give touchpoints, pros and cons give kinds.

Each record: text, lang, set, and what is known of it: ``sign`` (−1 or 1), ``sentiment``, ``kind``, and
``places`` ({touchpoint: hurts}) when the set names what a text is about.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Record = dict[str, Any]

AIRLINE = {
    "Customer Service Issue": "staff_support", "Late Flight": "delivery", "Cancelled Flight": "delivery",
    "Lost Luggage": "delivery", "Flight Booking Problems": "ordering_checkout",
    "Flight Attendant Complaints": "staff_support", "longlines": "ordering_checkout",
    "Damaged Luggage": "packaging_condition",
}  # fmt: skip
RESTAURANT = {
    "RudeService": "staff_support", "SlowService": "delivery", "OrderProblem": "order_accuracy",
    "BadFood": "product_quality", "Filthy": "safety_privacy", "Cost": "price_value", "MissingFood": "order_accuracy",
    "ScaryMcDs": "place_ambience",
}  # fmt: skip
HEALTH = {
    "Staff manner & personal attributes": "staff_support", "Timeliness of care": "delivery",
    "Staff listening, understanding & involving patients": "staff_support", "Contacting services": "staff_support",
    "Transport to/ from services": "search_browse", "Appointment arrangements": "ordering_checkout",
    "Food & drink provision & facilities": "product_quality", "Environment & Facilities": "place_ambience",
    "Cleanliness, tidiness & infection control": "safety_privacy", "Service location": "search_browse",
    "Parking": "search_browse", "Competence & training": "staff_support", "Staff responsiveness": "staff_support",
}  # fmt: skip
NEUTRAL = {  # labels of the Persian sets that say neither good nor bad
    ("parsinlu_food", "3"): "mixed", ("parsinlu_movie", "3"): "mixed", ("parsinlu_food", "0"): "neu",
    ("parsinlu_movie", "0"): "neu", ("deepsentipers", "0"): "neu",
}  # fmt: skip
ASPECTS = (  # first pattern that matches the lower-cased category
    (r"price|cost|value", "price_value"),
    (r"clean", "safety_privacy"),
    (r"shipment|shipping", "delivery"),
    (r"availab|style_options", "availability_choice"),
    (r"recommend", "advocacy"),
    (r"support|^service|faculty|staff", "staff_support"),
    (r"location", "search_browse"),
    (r"ambience|facilities", "place_ambience"),
    (r"usability|portab", "usability_interface"),
    (r"connectivity", "app_reliability"),
    (r"^(restaurant|hotel|company).*(general|misc)", "general"),
    (r"os#|software#", "app_reliability"),
    (r"laptop#design|keyboard#design|display#design|room_amenities|hotel design", "features_functionality"),
    (r".", "product_quality"),
)


def clean(text: str) -> str:
    """Undo space tokenisation: no space before punctuation and contractions."""
    text = re.sub(r"\s+([.,!?;:%)\]]|n't\b|'(?:s|m|re|ve|ll|d)\b)", r"\1", text)
    return re.sub(r"([(\[$#])\s+", r"\1", text)


def plain(text: str) -> str:
    """A form for finding the same text elsewhere."""
    return re.sub(r"[\W_]+", "", text.lower())


def held_out(text: str, share: int) -> bool:
    """A fixed ``share`` per cent of texts, by hash, kept for measuring (Snappfood 10, airline comments 40)."""
    return zlib.crc32(plain(text).encode()) % 100 < share


def cut(text: str, words: int = 60) -> str:
    """The first sentences, up to so many words."""
    parts = text.split()
    return text if len(parts) <= words else " ".join(parts[:words])


def load(folder: Path, forbidden: set[str]) -> list[Record]:
    """Every weak record of the datasets folder, once each, that shares no text with ``forbidden`` (plain dev texts)."""
    seen, out = set(forbidden), []
    for source in (_persian, _complaints, _english, _aspects):
        for record in source(folder):
            key = plain(record["text"])
            if len(key) >= 3 and key not in seen:
                seen.add(key)
                out.append(record)
    shared = overlapping([r["text"] for r in out], forbidden)
    return [r for i, r in enumerate(out) if i not in shared]


def overlapping(texts: Sequence[str], forbidden: set[str], size: int = 40) -> set[int]:
    """Which texts are other cuts of a forbidden one: they hold its first or last ``size`` letters, or lie within it."""
    keys = [plain(t) for t in texts]
    within = "\n".join(forbidden)
    ends = np.cumsum([len(k) + 1 for k in keys])
    joined, found = "\n".join(keys), {i for i, k in enumerate(keys) if len(k) >= size and k in within}
    for whole in forbidden:
        for part in {whole[:size], whole[-size:]} if len(whole) >= size else ():
            at = joined.find(part)
            while at >= 0:
                found.add(int(np.searchsorted(ends, at, side="right")))
                at = joined.find(part, at + 1)
    return found


def _rows(folder: Path, name: str, n: int | None = None) -> Iterator[Any]:
    frame = pd.read_parquet(folder / f"{name}.parquet").dropna(subset=["text"])
    frame = frame if n is None or n >= len(frame) else frame.sample(n, random_state=0)
    return frame.itertuples(index=False)


def _sign(label: Any, low: tuple[Any, ...], high: tuple[Any, ...]) -> int | None:
    return -1 if label in low else 1 if label in high else None


def _persian(folder: Path) -> Iterator[Record]:
    plan: list[tuple[str, int | None, tuple[Any, ...], tuple[Any, ...]]] = [
        ("snappfood", None, ("SAD",), ("HAPPY",)),
        ("digikala_ca3", None, ("not_recommended",), ("recommended",)),
        ("digikala_tutorial3k", None, ("not_recommended",), ("recommended",)),
        ("neshan_places", None, ("Negative",), ("Positive",)),
        ("hotel_reviews", None, ("0",), ("2",)),
        ("hotel_sentences", None, ("0",), ("2",)),
        ("parsinlu_food", None, ("-2", "-1"), ("2", "1")),
        ("parsinlu_movie", None, ("-2", "-1"), ("2", "1")),
        ("deepsentipers", None, ("-2", "-1"), ("2", "1")),
        ("senti_persian_movies", 4000, ("negative",), ("positive",)),
    ]
    for name, n, low, high in plan:
        for row in _rows(folder, f"fa/{name}", n):
            if name == "snappfood" and held_out(row.text, 10):
                continue
            known = {"sign": _sign(str(row.label), low, high), "sentiment": NEUTRAL.get((name, str(row.label)))}
            said = {k: v for k, v in known.items() if v is not None}
            if said:
                yield {"text": cut(row.text), "lang": "fa", "set": name, **said}
    praised = 0
    for row in _rows(folder, "fa/digikala_tiny20k"):
        sign = _sign(row.label, ("not_recommended",), ("recommended",))
        praised += sign == 1
        if sign is not None and (sign < 0 or praised < 4000):
            yield {"text": cut(row.text), "lang": "fa", "set": "digikala", "sign": sign}
        for column, kind in ((row.advantages, "praise"), (row.disadvantages, "pain")):
            for phrase in json.loads(column or "[]"):
                yield {"text": phrase, "lang": "fa", "set": "phrase", "kind": kind}
    for row in _rows(folder, "fa/digikala_proscons"):
        kind = "praise" if row.label == "advantage" else "pain"
        yield {"text": row.text, "lang": "fa", "set": "phrase", "kind": kind}


def _stars(label: Any) -> int | None:
    return _sign(int(float(label)), (1, 2), (5,))


def _complaints(folder: Path) -> Iterator[Record]:
    """Sets that name what hurt."""
    for row in _rows(folder, "en/airline_tweets"):
        if held_out(row.text, 40):
            continue
        base = {"text": row.text, "lang": "en", "set": "airline"}
        sentiment = {"negative": "neg", "positive": "pos", "neutral": "neu"}[row.label]
        place = AIRLINE.get(row.pain_point or "")
        yield {**base, "sentiment": sentiment} | ({"kind": "pain", "places": {place: True}} if place else {})
    for row in _rows(folder, "en/mcdonalds_painpoints"):
        places = {RESTAURANT[x]: True for x in json.loads(row.label) if x in RESTAURANT}
        yield {"text": cut(row.text), "lang": "en", "set": "restaurant", **({"places": places} if places else {})}
    for row in _rows(folder, "en/nhs_fft_v6", 4500):
        names = [HEALTH[x] for x in json.loads(row.label) if x in HEALTH]
        bad, good = str(row.sentiment) in ("4", "5"), str(row.sentiment) in ("1", "2")
        if names and (bad or good):
            places = dict.fromkeys(names, bad)
            yield {"text": cut(row.text), "lang": "en", "set": "health", "places": places, "sign": -1 if bad else 1}


def _english(folder: Path) -> Iterator[Record]:
    ratings: list[tuple[str, int, Callable[[Any], int | None]]] = [
        ("trustpilot_pet_insurance", 7000, _stars),
        ("womens_clothing", 4000, _stars),
        ("amazon_stars_7dom", 14000, _stars),
        ("nps_telecom_journey", 2286, lambda x: _sign(x, ("Detractor",), ("Promoter",))),
        ("cr", 3771, lambda x: _sign(x, ("neg",), ("pos",))),
    ]
    for name, n, rule in ratings:
        kept = {-1: 0, 1: 0}
        for row in _rows(folder, f"en/{name}", n * 2):
            sign = rule(row.label)
            if sign is None or kept[sign] > kept[-sign] + 600:
                continue
            kept[sign] += 1
            if sum(kept.values()) > n // 2:
                break
            yield {"text": cut(clean(row.text), 45), "lang": "en", "set": name, "sign": sign}
    for row in _rows(folder, "en/suggestion_mining_a", 4000):
        if row.label == "suggestion":
            yield {"text": cut(row.text), "lang": "en", "set": "suggestion", "kind": "request"}
    for row in _rows(folder, "en/banking77", 1500):
        yield {"text": row.text, "lang": "en", "set": "bank"}
    for row in _rows(folder, "en/pros_cons", 5000):
        yield {"text": row.text, "lang": "en", "set": "phrase", "kind": "praise" if row.label == "pro" else "pain"}
    for row in _rows(folder, "en/app_reviews_4class"):
        yield {"text": row.text, "lang": "en", "set": "app"}


def place_of(category: str) -> str:
    """The touchpoint of an aspect category of the ABSA sets."""
    return next(place for pattern, place in ASPECTS if re.search(pattern, category.lower()))


def _aspects(folder: Path) -> Iterator[Record]:
    """Sentences of the ABSA sets whose categories all name one touchpoint each, with one polarity."""
    for name, n in (("absa_oats", 9000), ("absa_memd", 7000), ("absa_acos_restaurant", 1518)):
        for row in _rows(folder, f"en/{name}", n):
            places: dict[str, bool] = {}
            for aspect in json.loads(row.aspects):
                polarity = str(aspect.get("polarity", "")).lower()[:3]
                if aspect.get("category") and polarity in ("pos", "neg"):
                    place = place_of(aspect["category"])
                    places[place] = places.get(place, False) or polarity == "neg"
            if places:
                record: Record = {"text": cut(clean(row.text)), "lang": "en", "set": name, "places": places}
                if len(set(places.values())) == 1:
                    hurts = next(iter(places.values()))
                    record |= {"sign": -1 if hurts else 1, "kind": "pain" if hurts else "praise"}
                yield record
