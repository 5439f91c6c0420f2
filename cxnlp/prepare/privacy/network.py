"""E-mail addresses, web addresses and IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxnlp.prepare.privacy.numbers import Found

_EMAIL = re.compile(
    r"(?<![\w.+\-])[a-z0-9][\w.+\-]{0,63}(?: ?@ ?| ?[\[({] ?at ?[\])}] ?)[a-z0-9][a-z0-9\-]*"
    r"(?:(?:\.| ?[\[({] ?dot ?[\])}] ?)[a-z0-9\-]+)*(?:\.| ?[\[({] ?dot ?[\])}] ?)[a-z]{2,24}(?![a-z0-9\-])",
    re.IGNORECASE | re.ASCII,
)
_SPELLED = re.compile(
    r"(?<![\w.])[a-z0-9][\w.]{1,40} (?:at|@) [a-z0-9\-]{2,30} (?:dot|\.) (?:com|ir|org|net|co)(?!\w)", re.I | re.A
)
_URL = re.compile(
    r"(?<![\w@.])(?:(?:https?|ftp)://|www\.)[^\s<>\"'«»؟،\ue000]+"
    r"|(?<![\w@./\-])[a-z0-9][a-z0-9\-]*(?:\.[a-z0-9\-]+)*\.(?:com|ir|org|net|io|me|co|app|dev|info|shop|ly|gl|uk|de)/[^\s<>\"'«»؟،\ue000]+",
    re.IGNORECASE | re.ASCII,
)
_TRAILING = ".,;:!?)]}…"
_IP4 = re.compile(r"(?<![\w.\-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w\-])(?!\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{6,39}(?![\w:])", re.IGNORECASE)
_VERSION = re.compile(r"(?:نسخه|ورژن|version|firmware|build|release|update|آپدیت|\bv)[^\d]{0,12}$", re.IGNORECASE)


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses, also spelt out ("a (at) b.com")."""
    if "@" in text or "at" in text.lower():
        for pattern in (_EMAIL, _SPELLED):
            for match in pattern.finditer(text):
                yield "email", *match.span()


def urls(text: str) -> Iterator[Found]:
    """Web addresses with a scheme, www. or a path; a bare domain is a brand."""
    if "." in text and ("/" in text or "www" in text.lower()):
        for match in _URL.finditer(text):
            end = match.start() + len(match[0].rstrip(_TRAILING))
            if end - match.start() > 6:
                yield "url", match.start(), end


def ips(text: str) -> Iterator[Found]:
    """IPv4 and IPv6 addresses; version numbers do not count."""
    import ipaddress

    for match in _IP4.finditer(text):
        if not _VERSION.search(text[max(0, match.start() - 24) : match.start()]):
            yield "ip", *match.span()
    if text.count(":") > 1:
        for match in _IP6.finditer(text):
            try:
                ipaddress.IPv6Address(match[0])
            except ValueError:
                continue
            yield "ip", *match.span()
