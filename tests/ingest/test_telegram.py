"""Telegram Desktop exports: who speaks, what is a message, texts in parts."""

from __future__ import annotations

import json

import pytest

from cxnlp.errors import InputError
from tests.ingest.folder import read_bytes


def message(number, sender, text, **more):
    return {
        "id": number,
        "type": "message",
        "date": "2025-06-01T12:00:00",
        "from": "نام",
        "from_id": sender,
        "text": text,
    } | more


PERSONAL = {
    "name": "Mina",
    "type": "personal_chat",
    "id": 42,
    "messages": [
        message(1, "user42", "سلام، سفارشم نرسیده", date_unixtime="1748779200"),
        message(2, "user1", ["لینک پیگیری: ", {"type": "link", "text": "https://shop.example"}, " 🌷"]),
        {"id": 3, "type": "service", "action": "phone_call", "text": ""},
        message(4, "user42", "", media_type="sticker", sticker_emoji="💐"),
        message(5, "user42", "", photo="(File not included)"),
        message(6, "user42", "این عکسشه", photo="(File not included)", reply_to_message_id=2),
        message(
            7, "user42", ["", {"type": "bot_command", "text": "/start"}, ""], text_entities=[{"type": "bot_command"}]
        ),
        message(8, "user42", "forwarded words", forwarded_from="Someone"),
        "rubbish",
    ],
}
GROUP = {
    "name": "Users",
    "type": "private_supergroup",
    "id": 77,
    "messages": [
        message(1, "user5", "App is slow today"),
        message(2, "user1", "On it"),
        message(3, "channel9", "News"),
    ],
}


def test_personal_chat(tmp_path):
    """In a personal chat the other person is the customer; nobody writes in service messages, stickers and photos."""
    kept, rejected = read_bytes(tmp_path, "result.json", json.dumps(PERSONAL), kind="telegram")
    assert kept["role"].tolist() == ["customer", "agent", "customer", "customer"]
    assert kept["text"].tolist()[1] == "لینک پیگیری: https://shop.example 🌷"
    assert kept["external_id"].tolist() == ["42:1", "42:2", "42:6", "42:8"]
    assert kept["customer_id"].unique().tolist() == ["user42"]
    assert kept["channel"].unique().tolist() == ["messenger"]
    assert str(kept["created_at"][0]) == "2025-06-01 12:00:00+00:00"  # the epoch is exact,
    assert str(kept["created_at"][1]) == "2025-06-01 08:30:00+00:00"  # the local time is Tehran's
    assert kept["attributes"].tolist()[2:] == ['{"reply_to": "2"}', '{"forwarded": "yes"}']
    assert rejected["reason"].tolist() == ["not_a_message"] * 4 + ["broken_row"]
    assert "نام" not in "".join(kept["attributes"].dropna())


def test_whole_account(tmp_path):
    """Several chats, a group among them: the company's people are named in the configuration."""
    data = {"about": "…", "chats": {"list": [PERSONAL, GROUP, {"name": "empty"}]}}
    kept, _ = read_bytes(
        tmp_path, "result.json", json.dumps(data), kind="telegram", agents=["user1"], constants={"channel": "telegram"}
    )
    group = kept[kept["conversation_id"] == "77"]
    assert group["role"].tolist() == ["customer", "agent", "agent"]
    assert group["customer_id"].tolist()[0] == "user5"
    assert kept["channel"].unique().tolist() == ["telegram"]


@pytest.mark.parametrize("data", ["[]", "{}", '{"messages": 5}', '{"chats": {"list": []}}', '"x"'])
def test_other_json(tmp_path, data):
    """JSON of another kind is refused with what to export."""
    with pytest.raises(InputError, match="Telegram Desktop"):
        read_bytes(tmp_path, "result.json", data, kind="telegram")
