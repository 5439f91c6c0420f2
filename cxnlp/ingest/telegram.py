"""Telegram Desktop's result.json (one chat, or a whole account) → one record per message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from cxnlp.config import Columns, Source
from cxnlp.errors import InputError, RejectReason
from cxnlp.ingest import objects, values
from cxnlp.ingest.mapping import Broken, Row


def columns(source: Source) -> Columns:
    """Names of the fields that `read` makes; `attributes` of the source may add fields of messages and chats."""
    return Columns(
        text="text",
        id="external_id",
        created_at="at",
        customer_id="customer",
        conversation_id="chat",
        role="role",
        channel="channel",
        attributes=("reply_to", "forwarded", *source.columns.attributes),
    )


def read(stream: BinaryIO, source: Source, where: str) -> Iterator[Row | Broken]:
    """Messages in the order of the export; those in which nobody writes (service, stickers, photos) are rejected.

    The company is `source.agents` (names or ids) and, in a personal chat, whoever is not the chat's other person.
    """
    number = 0
    for chat in chats(objects.load_json(stream, source, where), where):
        about = {k: v for k, v in chat.items() if k != "messages"}
        turn = 0
        for message in chat["messages"]:
            number += 1
            if not isinstance(message, dict):
                raw = json.dumps(message, ensure_ascii=False)
                yield Broken(number, RejectReason.BROKEN_ROW, "not a message object", raw)
                continue
            text = _text(message)
            what = _wordless(message, text)
            turn += message.get("type", "message") == "message"
            if what:
                raw = json.dumps(message, ensure_ascii=False)
                yield Broken(number, RejectReason.NOT_A_MESSAGE, what, raw)
            else:
                yield Row(number, _fields(message, chat, text, source), about, turn)


def chats(data: Any, where: str) -> list[dict[str, Any]]:
    """Chats with messages in an export; raises InputError for other JSON."""
    groups = [data.get("chats"), data.get("left_chats")] if isinstance(data, dict) else []
    lists = [g["list"] for g in groups if isinstance(g, dict) and isinstance(g.get("list"), list)]
    found = [c for listed in lists for c in listed] if lists else [data]
    found = [c for c in found if isinstance(c, dict) and isinstance(c.get("messages"), list)]
    if not found:
        raise InputError(f"{where} has no messages of a Telegram Desktop export; export chats as machine-readable JSON")
    return found


def _text(message: dict[str, Any]) -> str:
    """Text of a message, which is a string or a list of strings and entities."""
    parts = message.get("text") or message.get("text_entities") or ""
    if not isinstance(parts, list):
        return str(parts)
    return "".join(p if isinstance(p, str) else str(p.get("text", "")) for p in parts if isinstance(p, str | dict))


def _wordless(message: dict[str, Any], text: str) -> str | None:
    """Why no one writes in this message; None if someone does."""
    if message.get("type", "message") != "message":
        return f"service message ({message.get('action', 'unknown')})"
    entities = message.get("text_entities")
    if text.strip() and isinstance(entities, list) and len(entities) == 1 and isinstance(entities[0], dict):
        return "only a bot command" if entities[0].get("type") == "bot_command" else None
    if text.strip():
        return None
    kind = message.get("media_type") or ("photo" if "photo" in message else "file" if "file" in message else "no text")
    return f"{kind} without text"


def _fields(message: dict[str, Any], chat: dict[str, Any], text: str, source: Source) -> dict[str, Any]:
    sender, chat_id = str(message.get("from_id", "")), str(chat.get("id", ""))
    role, customer = _role(message, sender, chat, source)
    return message | {
        "text": text,
        "external_id": f"{chat_id}:{message.get('id', '')}",
        "at": message.get("date_unixtime") or message.get("date"),
        "chat": chat_id or None,
        "role": role,
        "customer": customer,
        "channel": source.constants.get("channel", "messenger"),
        "reply_to": message.get("reply_to_message_id"),
        "forwarded": "yes" if "forwarded_from" in message else None,
    }


def _role(message: dict[str, Any], sender: str, chat: dict[str, Any], source: Source) -> tuple[str, str | None]:
    """Role of the sender, and the customer whom the message belongs to."""
    agents = {values.fold(a) for a in source.agents}
    kind, other = chat.get("type"), f"user{chat.get('id', '')}"
    company = bool(agents & {values.fold(message.get("from") or ""), values.fold(sender)})
    if kind == "personal_chat":
        return "agent" if company or sender != other else "customer", other
    if kind == "bot_chat":
        return ("bot", None) if sender == other else ("customer", sender or None)
    if company or kind == "saved_messages" or sender.startswith("channel"):
        return "agent", None
    return "customer", sender or None
