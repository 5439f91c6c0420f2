"""Customers under other names: the same customer always the same one, without the key not to be traced back."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from cxnlp.errors import ConfigError

MIN_KEY_BYTES = 16


def read_key(path: Path) -> bytes:
    """The key in `path`, without surrounding white space. Raises ConfigError for a missing or short key."""
    try:
        key = path.read_bytes().strip()
    except OSError:
        raise ConfigError(
            f"privacy.pseudonym_key_file: no key at {path}; "
            f"make one with `openssl rand -hex 32 > {path}` and keep it safe"
        ) from None
    if len(key) < MIN_KEY_BYTES:
        raise ConfigError(
            f"privacy.pseudonym_key_file: the key in {path} is shorter than {MIN_KEY_BYTES} bytes; "
            f"make one with `openssl rand -hex 32 > {path}`"
        )
    return key


def pseudonymise(customer: object, key: bytes) -> str | None:
    """HMAC-SHA-256 (RFC 2104) of the customer's id, first 80 bits, as "p-" and 20 hex digits; None for None.

    An id that is a pseudonym already is pseudonymised again: call it once, on what the source gave.
    """
    if customer is None or customer != customer:
        return None
    return "p-" + hmac.new(key, str(customer).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:20]
