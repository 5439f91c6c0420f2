"""How a REST connector says who it is: what dlt knows, and the signed tokens of Google and Apple."""

from __future__ import annotations

import time
from typing import Any

from requests.auth import AuthBase

from cxnlp.errors import ConfigError

APPLE_AUDIENCE, APPLE_MINUTES = "appstoreconnect-v1", 15  # Apple allows 20
WANTED = {
    "bearer": {"token"},
    "api_key": {"name", "api_key", "location"},
    "http_basic": {"username", "password"},
    "oauth2_client_credentials": {"access_token_url", "client_id", "client_secret", "scope"},
    "google": {"email", "private_key", "scope"},
    "apple": {"issuer", "key_id", "private_key"},
}


def make(name: str, auth: dict[str, str]) -> Any:
    """The `auth` of dlt's rest_api from that of cxnlp.toml; raises ConfigError for a type or key it does not know."""
    kind, given = auth.get("type", "bearer"), {k: v for k, v in auth.items() if k != "type"}
    if kind not in WANTED:
        raise ConfigError(f"connectors.{name}.auth.type = {kind!r}; known: {', '.join(WANTED)}")
    if unknown := set(given) - WANTED[kind]:
        raise ConfigError(f"connectors.{name}.auth.{min(unknown)}: {kind} takes {', '.join(sorted(WANTED[kind]))}")
    if kind == "apple":
        return AppleAuth(**given)
    if kind == "google":
        from dlt.sources.helpers.rest_client.auth import OAuthJWTAuth

        return OAuthJWTAuth(
            client_id=given["email"],
            private_key=given["private_key"],
            scopes=given["scope"],
            auth_endpoint="https://oauth2.googleapis.com/token",
        )
    if kind == "oauth2_client_credentials" and "scope" in given:
        given["access_token_request_data"] = {"scope": given.pop("scope")}  # type: ignore[assignment]
    return {"type": kind, **given}


class AppleAuth(AuthBase):
    """A short-lived ES256 token, signed anew for every request (App Store Connect API, "Generating tokens")."""

    def __init__(self, issuer: str, key_id: str, private_key: str) -> None:
        self._issuer, self._key_id, self._private_key = issuer, key_id, private_key

    def __call__(self, request: Any) -> Any:
        """Sign a request."""
        import jwt

        now = int(time.time())
        claims = {"iss": self._issuer, "iat": now, "exp": now + APPLE_MINUTES * 60, "aud": APPLE_AUDIENCE}
        token = jwt.encode(claims, self._private_key, algorithm="ES256", headers={"kid": self._key_id})
        request.headers["Authorization"] = f"Bearer {token}"
        return request
