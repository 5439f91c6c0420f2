"""Labelled texts in both languages, written for these tests, and a tiny random encoder folder."""

import json
from pathlib import Path
from typing import Any

TEXTS: list[tuple[str, str, str, list[tuple[str, str, str, str, int, str]]]] = [
    ("fa", "mixed", "پیک خیلی دیر رسید ولی غذا خوشمزه بود", [
        ("پیک خیلی دیر رسید", "pain", "delivery", "neg", 2, "پیک"),
        ("غذا خوشمزه بود", "praise", "product_quality", "pos", 0, "غذا")]),
    ("fa", "neg", "بعد از بروزرسانی برنامه مدام بسته می‌شه، پشتیبانی هم جواب نمی‌ده", [
        ("بعد از بروزرسانی برنامه مدام بسته می‌شه", "pain", "app_reliability", "neg", 3, "برنامه"),
        ("پشتیبانی هم جواب نمی‌ده", "pain", "staff_support", "neg", 2, "پشتیبانی")]),
    ("fa", "pos", "بسته‌بندی مرتب بود و فروشنده خیلی محترم", [
        ("بسته‌بندی مرتب بود", "praise", "packaging_condition", "pos", 0, "بسته‌بندی"),
        ("فروشنده خیلی محترم", "praise", "staff_support", "pos", 0, "فروشنده")]),
    ("fa", "neu", "لطفا ساعت کاری شعبه تجریش رو هم بنویسید", [
        ("ساعت کاری شعبه تجریش رو هم بنویسید", "request", "availability_choice", "neu", 0, "ساعت کاری")]),
    ("en", "mixed", "The courier was an hour late but the soup was still delicious", [
        ("The courier was an hour late", "pain", "delivery", "neg", 2, "courier"),
        ("the soup was still delicious", "praise", "product_quality", "pos", 0, "soup")]),
    ("en", "neg", "Charged twice for one order and nobody answers my e-mails", [
        ("Charged twice for one order", "pain", "payment_billing", "neg", 3, "order"),
        ("nobody answers my e-mails", "pain", "staff_support", "neg", 2, "e-mails")]),
    ("en", "pos", "Lovely box, and it fits my shelf perfectly 😍", [
        ("Lovely box", "praise", "packaging_condition", "pos", 0, "box"),
        ("it fits my shelf perfectly", "praise", "product_quality", "pos", 0, "shelf")]),
    ("en", "neu", "Do you deliver to the islands on Sundays?", [
        ("Do you deliver to the islands on Sundays?", "question", "delivery", "neu", 0, "deliver")]),
]  # fmt: skip


def records() -> list[dict[str, Any]]:
    """The texts in the labelled format."""
    out = []
    for i, (lang, sentiment, text, mentions) in enumerate(TEXTS):
        marked = []
        for quote, kind, touchpoint, polarity, severity, target in mentions:
            start = text.index(quote)
            marked.append({
                "quote": quote, "start": start, "end": start + len(quote), "kind": kind, "touchpoint": touchpoint,
                "polarity": polarity, "severity": severity, "target": target,
            })  # fmt: skip
        out.append({"id": f"{lang}-{i}", "lang": lang, "text": text, "sentiment": sentiment, "mentions": marked})
    return out


def write(folder: Path) -> Path:
    """train.jsonl and a dev.jsonl of other texts (the same with another ending); the path of the first."""
    gold = records()
    lines = [json.dumps(r, ensure_ascii=False) for r in gold]
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    changed = [
        {**r, "id": r["id"] + "d", "text": r["text"] + (" ممنون" if r["lang"] == "fa" else " thanks")} for r in gold
    ]
    lines = [json.dumps(r, ensure_ascii=False) for r in changed]
    (folder / "dev.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "train.jsonl"


def encoder(folder: Path) -> Path:
    """A tiny random BertModel with a fast tokenizer, as a hub would hold it."""
    import torch
    from transformers import BertConfig, BertModel

    from cxnlp.training import vocabulary

    torch.manual_seed(0)
    counts = vocabulary.words(r["text"] for r in records())
    letters = sorted({c for w in counts for c in w})
    pieces = [*vocabulary.SPECIAL, *letters, *("##" + c for c in letters), *counts]
    tokenizer = vocabulary.finish(list(dict.fromkeys(pieces)))
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder
