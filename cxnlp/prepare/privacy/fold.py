"""A working copy of a text, character for character as long as the original, in which patterns are simple to write."""

from __future__ import annotations

import re

KINDS = (
    "mobile",
    "landline",
    "national_id",
    "card",
    "sheba",
    "email",
    "postal_code",
    "plate",
    "name",
    "address",
    "url",
    "ip",
)
PLACEHOLDER = re.compile(f"⟨(?:{'|'.join(KINDS)})⟩")
BLANK = "\ue000"  # stands, as often as needed, for a placeholder: no pattern may look through it

_TABLE = {
    **{zero + i: str(i) for zero in (0x0660, 0x06F0, 0xFF10) for i in range(10)},
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹣－ـ"), "-"),
    **dict.fromkeys(
        [0xA0, 0x2007, 0x2009, 0x202F, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2066, 0x2067], " "
    ),
    **dict.fromkeys([0x2068, 0x2069, 0xFEFF, 0x3000], " "),
    **str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ۀ": "ه", "؛": ";"}),
    **str.maketrans({"＋": "+", "＠": "@", "．": ".", "：": ":", "٫": ".", "٬": ","}),
}


def fold(text: str) -> str:
    """`text` with Latin digits, plain dashes and spaces, Persian letters, and BLANKs for placeholders; same length."""
    text = text.translate(_TABLE)
    if "⟨" in text:
        text = PLACEHOLDER.sub(lambda match: BLANK * len(match[0]), text)
    return text
