"""Access tokens that the tests' Dovecot believes: JSON web tokens (RFC 7519), signed with a key that it knows."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

_KEY = b"nur fuer tests, aber lang genug fuer HS256"


def access_token(user: str, seconds: int = 600) -> str:
    """For `user`, valid for so long; one of the past with a negative number."""
    now = int(time.time())
    claims = {"sub": user, "iat": now - 1_000, "exp": now + seconds}
    signed = ".".join(_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{_part(hmac.new(_KEY, signed.encode(), hashlib.sha256).digest())}"


def believe_tokens(base: Path) -> Path:
    """Write what Dovecot's oauth2 passdb needs to check tokens by itself; returns its configuration."""
    keys = base / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(b64encode(_KEY))
    configuration = base / "oauth2.conf"
    configuration.write_text(
        f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={base}/keys/\n"
        "username_attribute = sub\n",
        "utf-8",
    )
    return configuration


def _part(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
