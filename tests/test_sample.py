"""What data/raw/README.md says about the sample is true: whoever edits the one is told to edit the other."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from cxnlp import taxonomy

RAW = Path(__file__).resolve().parents[1] / "data" / "raw"
TAGS = Path(__file__).resolve().parent / "data" / "sample_tags.csv"
PERSIAN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def reviews() -> str:
    return (RAW / "shop_reviews.csv").read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def answers() -> list[list[Any]]:
    """Rows of both survey sheets below the header."""
    book = CalamineWorkbook.from_path(RAW / "nps_survey.xlsx")
    sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    return [row for sheet in sheets for row in sheet[4:]]


@pytest.fixture(scope="module")
def conversations() -> list[dict]:
    return json.loads((RAW / "support_transcripts.json").read_text(encoding="utf-8"))["conversations"]


@pytest.fixture(scope="module")
def messages() -> list[dict]:
    chats = json.loads((RAW / "messenger_export" / "result.json").read_text(encoding="utf-8"))["chats"]["list"]
    assert len(chats) == 30
    return [message for chat in chats for message in chat["messages"]]


@pytest.fixture(scope="module")
def tags() -> list[dict[str, str]]:
    return rows_of(TAGS)


def customer_turns(conversations: list[dict]) -> list[str]:
    return [turn["text"] for talk in conversations for turn in talk["turns"] if turn["role"] == "customer"]


def test_review_quirks(reviews: str) -> None:
    """Ingest's counts for the demo rest on exactly these planted rows."""
    assert reviews.startswith("\ufeffreview_id,")
    ids = re.findall(r"^(R\d{5}),", reviews, flags=re.M)
    assert len(ids) + len(re.findall(r"^,{13}\r$", reviews, flags=re.M)) == 265
    assert len(re.findall(r"^,{13}\r$", reviews, flags=re.M)) == 3
    assert sorted(Counter(ids).values())[-3:] == [1, 2, 2]
    assert len([i for i in set(ids) if i < "R19000"]) == 248
    assert {f"R190{n:02d}" for n in range(1, 13)} <= set(ids)
    line = {i: next(x for x in reviews.split("\r\n") if x.startswith(i)) for i in ("R19010", "R19011", "R19012")}
    assert "۳۱ مهر ۱۴۰۴" in line["R19010"]
    assert line["R19011"].count('"') == 1
    assert len(next(csv.reader([line["R19012"]]))) > 14


def test_review_dates(reviews: str) -> None:
    """Jalali dates come in words and in Persian digits; a sample with one style would test half of the parser."""
    words = re.findall(r",[۰-۹]{1,2} [آ-ی]+ ۱۴۰[۴۵],", reviews)
    digits = re.findall(r",۱۴۰[۴۵]/[۰-۹]{2}/[۰-۹]{2},", reviews)
    assert len(words) + len(digits) == 262
    assert 0.6 < len(words) / 262 < 0.8


def test_survey(answers: list[list[Any]]) -> None:
    """Two sheets, scores 0–10, day-first dates, five answers without words."""
    assert len(answers) == 180
    assert all(0 <= float(row[6]) <= 10 for row in answers)
    assert all(re.fullmatch(r"\d\d/\d\d/202[56] \d\d:\d\d", str(row[1])) for row in answers)
    worded = [row for row in answers if re.search(r"\w", str(row[7]))]
    assert len(worded) == 175
    assert sum(float(row[6]) >= 9 for row in worded) == 56
    assert sum(float(row[6]) <= 6 for row in worded) == 81
    stages = {stage.en for stage in taxonomy.load().stages}
    assert {str(row[5]) for row in answers} == stages | {""}


def test_score_follows_the_words(answers: list[list[Any]], tags: list[dict[str, str]]) -> None:
    """Drivers can only be found where the score has to do with what is said, as in life."""
    score = {str(row[0]): float(row[6]) for row in answers}
    survey = [tag for tag in tags if tag["source"] == "nps_survey"]
    for kind, expected in (("praise", 8.6), ("pain", 3.4)):
        scores = [score[tag["external_id"]] for tag in survey if kind in tag["mentions"]]
        assert mean(scores) == pytest.approx(expected, abs=0.1)


def test_conversations(conversations: list[dict]) -> None:
    """Transcripts hold three roles, and only what customers say is feedback."""
    assert len(conversations) == 57
    assert len(customer_turns(conversations)) == 118
    assert {turn["role"] for talk in conversations for turn in talk["turns"]} == {"customer", "agent", "bot"}
    assert {talk["csat"] for talk in conversations} == {None, 1, 2, 3, 4, 5}


def test_messenger(messages: list[dict]) -> None:
    """Every odd shape of a messenger export is there: lists, service messages, stickers, photos, replies, edits."""
    assert len(messages) == 106
    customers = [m for m in messages if m["type"] == "message" and m["from_id"] != "user5400000001" and m["text"]]
    assert len(customers) == 68
    assert any(isinstance(m["text"], list) for m in customers)
    assert any(m["type"] == "service" for m in messages)
    for key in ("sticker_emoji", "photo", "reply_to_message_id", "edited"):
        assert any(key in m for m in messages), key


def test_customers_and_orders() -> None:
    """Segments need skewed orders of known customers, and gaps in what is known of them."""
    customers, orders = rows_of(RAW / "customers.csv"), rows_of(RAW / "orders.csv")
    joined = {row["customer_id"]: row["joined_on"] for row in customers}
    assert (len(joined), len(orders)) == (220, 1200)
    assert all(joined[row["customer_id"]] <= row["ordered_at"][:10] for row in orders)
    per_customer = sorted(Counter(row["customer_id"] for row in orders).values(), reverse=True)
    assert len(per_customer) == 220 - 34
    assert sum(per_customer[:44]) > 0.6 * len(orders)
    assert 0 < sum(not row["birth_year"] for row in customers) < 60
    assert {row["status"] for row in orders} == {"delivered", "returned", "cancelled"}


def test_tags_cover_the_journey(tags: list[dict[str, str]]) -> None:
    """A demo that leaves stages or touchpoints empty would not show the map."""
    mentioned = {mention.split(":")[0] for tag in tags for mention in tag["mentions"].split()}
    assert mentioned == {touchpoint.id for touchpoint in taxonomy.load().touchpoints}
    assert Counter(tag["language"] for tag in tags) == {"fa": 302, "en": 276, "mixed": 13, "finglish": 18}
    assert len({tag["date"][:7] for tag in tags}) == 18


def test_planted_stories(tags: list[dict[str, str]]) -> None:
    """The stories are in the texts, so a report that does not tell them is wrong, and not the sample."""
    late = [tag["date"] for tag in tags if "delivery:pain" in tag["mentions"].split()]
    assert (sum(day < "2026-09-23" for day in late), sum(day >= "2026-09-23" for day in late)) == (6, 48)
    codes = Counter("2026-03-21" <= tag["date"] < "2026-06" for tag in tags if "account_access:pain" in tag["mentions"])
    assert (codes[True], codes[False]) == (50, 5)
    cold = [tag["date"] < "2026-02-15" for tag in tags if "packaging_condition:pain" in tag["mentions"]]
    hot = [tag["date"] >= "2026-02-15" for tag in tags if "packaging_condition:praise" in tag["mentions"]]
    assert mean(cold) > 0.9
    assert mean(hot) > 0.7


def test_no_text_twice_unless_planted(reviews: str, answers: list[list[Any]], conversations: list[dict]) -> None:
    """Duplicates are planted in the reviews only; any other would be counted as lost by a reader of the report."""
    texts = [str(row[7]).strip() for row in answers if re.search(r"\w", str(row[7]))] + customer_turns(conversations)
    assert max(Counter(texts).values()) == 1
    assert not [text for text in texts if len(text) > 25 and text in reviews]


def test_personal_data_has_valid_check_digits(reviews: str, conversations: list[dict], messages: list[dict]) -> None:
    """Masking checks the digits: an invented number that fails the check would stay visible, and rightly so."""
    said = [json.dumps(message["text"], ensure_ascii=False) for message in messages]
    text = "\n".join([reviews, *customer_turns(conversations), *said]).translate(PERSIAN_DIGITS)
    without_shebas = re.sub(r"IR[\d ]{24,34}", "", text)
    found = re.findall(r"(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?!\d)", without_shebas)
    cards = [re.sub(r"\D", "", card) for card in found]
    assert len(cards) == 3
    assert all(luhn.is_valid(card) for card in cards)
    shebas = [re.sub(" ", "", sheba) for sheba in re.findall(r"IR\d{2}(?: ?\d{4}){5} ?\d{2}", text)]
    assert len(shebas) == 2
    assert all(mod_97_10.is_valid(sheba[4:] + sheba[:4]) for sheba in shebas)
    national_ids = re.findall(r"(?<!\d)00\d{8}(?!\d)", text)
    assert len(national_ids) == 2
    for number in national_ids:
        rest = sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)) % 11
        assert int(number[-1]) == (rest if rest < 2 else 11 - rest)
    assert len(re.findall(r"(?<!\d)09\d{2} ?\d{3} ?\d{4}(?!\d)", text)) == 3
    assert "@example.com" in text
