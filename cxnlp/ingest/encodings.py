"""Which encoding a text file has: BOM, then UTF-8, then bytes typical of Persian in windows-1256, then a detector."""

from __future__ import annotations

import codecs
import re

from cxnlp.errors import InputError

SAMPLE = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CLEAN, TOLERATED = 0.02, 0.3  # share of non-ASCII lines that are not UTF-8: surely UTF-8; UTF-8 with damaged rows
_FREQUENT = set("ايیرنمودهبتسشکكلپچگ")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_FOREIGN = re.compile(r"[^\W\d_\u0600-\u06ff]")


def choose(sample: bytes, configured: str | None, where: str) -> str:
    """Python codec for a file that starts with `sample`.

    Raises InputError where the configured encoding contradicts the bytes, or nothing fits.
    """
    for bom, name in BOMS:
        if sample.startswith(bom):
            if configured and not _same(configured, name) and not _same(configured, name.removesuffix("-sig")):
                raise InputError(f"{where} begins with a {name[:6]} mark, not {configured!r}; remove `encoding`")
            return name
    if configured:
        return _configured(sample, configured, where)
    return detect(sample, where)


def detect(sample: bytes, where: str) -> str:
    """Guess the codec of bytes without a mark; raises InputError for bytes that are no text."""
    wide = _wide(sample)
    if wide:
        return wide
    damaged = _damaged_lines(sample)
    if damaged <= CLEAN:
        return "utf-8"
    if _persian_1256(sample):
        return "cp1256"
    if damaged <= TOLERATED:
        return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 1 << 16]).best()
    if best is None:
        raise InputError(f"{where} is not text in a known encoding; set `encoding` for it, or export it as UTF-8")
    return best.encoding


def _configured(sample: bytes, configured: str, where: str) -> str:
    try:
        name = codecs.lookup(configured).name
    except LookupError:
        raise InputError(f"encoding = {configured!r} is not known; use utf-8, utf-16 or windows-1256") from None
    multi = name.startswith("utf")
    if multi and name.startswith("utf-8"):
        wrong = _damaged_lines(sample) > TOLERATED or _wide(sample) is not None
    elif multi:
        wrong = _wide(sample) is None and _damaged_lines(sample) == 0
    else:
        wrong = _wide(sample) is not None or (not sample.isascii() and _damaged_lines(sample) == 0)
    if wrong:
        seen = {"cp1256": "windows-1256"}.get(guess := detect(sample, where), guess)
        raise InputError(
            f"{where} is not {configured} as configured; set encoding = {seen!r}, which fits, or remove it"
        )
    return _wide(sample) or name if name == "utf-16" else "utf-8-sig" if name == "utf-8" else name


def _same(a: str, b: str) -> bool:
    try:
        return codecs.lookup(a).name == codecs.lookup(b).name
    except LookupError:
        return False


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of Latin text, commas and line ends is zero."""
    head = sample[: 4096 - 4096 % 2]
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > max(1, 0.05 * pairs) and even < 0.2 * odd:
        return "utf-16-le"
    if even > max(1, 0.05 * pairs) and odd < 0.2 * even:
        return "utf-16-be"
    return None


def _damaged_lines(sample: bytes) -> float:
    """Share of lines (with bytes beyond ASCII) that are not valid UTF-8; 0 where all are."""
    lines = sample.split(b"\n")
    if len(sample) >= SAMPLE and len(lines) > 1:
        lines = lines[:-1]  # cut anywhere
    beyond = [line for line in lines if not line.isascii()]
    return sum(not _utf8(line) for line in beyond) / len(beyond) if beyond else 0.0


def _utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _persian_1256(sample: bytes) -> bool:
    """Whether windows-1256 gives words of frequent Persian letters, not a mixture with accented Latin."""
    text = sample.decode("cp1256", "replace")
    letters = _ARABIC.findall(text)
    foreign = [c for c in _FOREIGN.findall(text) if not c.isascii()]
    frequent = sum(c in _FREQUENT for c in letters)
    return len(letters) >= 3 and len(foreign) < 0.1 * len(letters) and frequent > 0.5 * len(letters)
