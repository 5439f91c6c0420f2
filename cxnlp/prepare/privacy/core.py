"""Personal data out of a text: `redact`. What each kind looks like is said in the sibling modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from cxnlp.errors import ConfigError
from cxnlp.prepare.privacy import addresses, names, network, numbers, phones
from cxnlp.prepare.privacy.fold import BLANK, KINDS, PLACEHOLDER, fold

Finder = Callable[[str], Iterator[numbers.Found]]
_MANY_DIGITS = re.compile(r"\d(?:[ \-_./()\u200c]{0,3}\d){4}")
_PLATE_LIKE = re.compile(r"\d{2,3}[^\n]{0,3}(?:\w|الف|معلولین)[^\n]{0,3}\d{2,3}|plate|reg|tag", re.IGNORECASE)
# In this order; what one has claimed is hidden from the next.
_WITHOUT_DIGITS: tuple[Finder, ...] = (network.emails, network.urls)
_WITH_DIGITS: tuple[Finder, ...] = (
    numbers.ibans,
    numbers.cards,
    phones.mobiles,
    phones.mobiles_in_words,
    numbers.labelled_national_ids,
    numbers.postal_codes,
    phones.bare_mobiles,
    phones.landlines,
    phones.phones_abroad,
    numbers.national_ids,
)


class Pii(NamedTuple):
    """Personal data found: kind, and characters [start, end) of the text as given."""

    kind: str
    start: int
    end: int


def redact(text: str, kinds: Collection[str] | None = None) -> tuple[str, list[Pii]]:
    """`text` with each personal datum replaced by ⟨kind⟩, and what was found, in order, with offsets into `text`.

    `kinds`: those to mask, default all of KINDS. Spans never overlap; the rest of the text stays as it is; redacting
    the result again changes nothing. Raises ConfigError for an unknown kind.
    """
    if kinds is not None and (unknown := set(kinds) - set(KINDS)):
        raise ConfigError(f"unknown kind of personal data {sorted(unknown)[0]!r}; known: {', '.join(KINDS)}")
    found: list[Pii] = []
    masked = text
    while True:  # what stood in the way of a number may be gone after masking; nearly always one round and an empty one
        more = _find(masked, kinds)
        if not more:
            return masked, found
        found = _merge(found, more)
        masked = _mask(text, found)


def _find(text: str, kinds: Collection[str] | None) -> list[Pii]:
    work = fold(text)
    found: list[Pii] = []
    for finder in _finders(work):
        claimed: list[Pii] = []
        for kind, start, end in sorted(finder(work), key=lambda s: (s[1], -s[2])):
            if BLANK not in work[start:end] and (not claimed or start >= claimed[-1].end):
                claimed.append(Pii(kind, start, end))
        if claimed:
            found += claimed
            work = _hide(work, claimed)
    return sorted((p for p in found if kinds is None or p.kind in kinds), key=lambda p: p.start)


def _finders(work: str) -> Iterator[Finder]:
    yield from _WITHOUT_DIGITS
    if any(c in work for c in "0123456789"):
        if _PLATE_LIKE.search(work):
            yield numbers.plates
        if work.count(".") > 2 or work.count(":") > 1:
            yield network.ips
        if _MANY_DIGITS.search(work):
            yield from _WITH_DIGITS
        yield numbers.short_postal_codes
        yield addresses.addresses
    yield names.names


def _hide(work: str, claimed: list[Pii]) -> str:
    parts, last = [], 0
    for _, start, end in claimed:
        parts += [work[last:start], BLANK * (end - start)]
        last = end
    return "".join([*parts, work[last:]])


def _mask(text: str, found: list[Pii]) -> str:
    parts, last = [], 0
    for kind, start, end in found:
        parts += [text[last:start], f"⟨{kind}⟩"]
        last = end
    return "".join([*parts, text[last:]])


def _merge(found: list[Pii], more: list[Pii]) -> list[Pii]:
    """`found` (offsets into the text) with `more` (offsets into the masked text), which never cuts a placeholder."""
    if not found:
        return more
    shifts, shift = [], 0  # (position in the masked text from which on, characters to add)
    for kind, start, end in found:
        shift_at = start - shift + len(kind) + 2
        shift += (end - start) - (len(kind) + 2)
        shifts.append((shift_at, shift))

    def original(position: int) -> int:
        return position + next((by for at, by in reversed(shifts) if position >= at), 0)

    return sorted(
        found + [Pii(kind, original(start), original(end)) for kind, start, end in more], key=lambda p: p.start
    )


__all__ = ["KINDS", "PLACEHOLDER", "Pii", "redact"]
