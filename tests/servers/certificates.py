"""A certificate for localhost that signs itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from servers import missing


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key), valid for two days."""
    if not shutil.which("openssl"):
        missing("openssl")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
