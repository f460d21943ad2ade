"""Letters as .eml files in a folder: for the demo, and where another program sends them."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from triage.config import Settings
from triage.errors import OutletError, SettingsError
from triage.lang import _
from triage.model import Outcome, Sent
from triage.post.outlet import BeforeData, Envelope, claim_lost, octets


class FolderOutlet:
    """Writes each letter whole or not at all, and never over another one."""

    def __init__(self, settings: Settings) -> None:
        if not settings.post.path:
            raise SettingsError(_("The settings name no folder for letters."), _("Set path in [post]."))
        self._folder = settings.resolve(settings.post.path)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OutletError(
                _("The folder {path} cannot be made: {error}", path=self._folder, error=error.strerror or error),
                _("Check path in [post]."),
            ) from None

    @property
    def name(self) -> str:
        return str(self._folder)

    def deliver(self, mail: EmailMessage, envelope: Envelope, before_data: BeforeData) -> Outcome:
        path = self._folder / f"{_file_name(mail)}.eml"
        try:
            content = octets(mail)
            if path.exists() and not _is_same(path, mail):
                return Outcome(Sent.REFUSED, _("{file} is another letter; it is not overwritten.", file=path))
        except OutletError as error:
            return Outcome(Sent.REFUSED, error.message)
        except OSError as error:
            return Outcome(Sent.REFUSED, _unwritten(path, error))
        if not before_data():
            return claim_lost()
        try:
            _write(path, content)
        except OSError as error:
            return Outcome(Sent.REFUSED, _unwritten(path, error))
        return Outcome(Sent.SENT, str(path))

    def close(self) -> None:
        pass


def _file_name(mail: EmailMessage) -> str:
    """The reference, else the Message-ID, in characters that any file system takes."""
    written = str(mail["X-Triage-Ref"] or mail["Message-ID"] or "letter")
    return re.sub(r"[^\w.@+-]+", "-", written, flags=re.ASCII).strip("-.")[:100] or "letter"


def _is_same(path: Path, mail: EmailMessage) -> bool:
    with path.open("rb") as file:
        there = BytesHeaderParser().parse(file)
    return bool(mail["Message-ID"]) and str(there["Message-ID"]).strip() == str(mail["Message-ID"]).strip()


def _write(path: Path, content: bytes) -> None:
    """All of `content` under `path`, for the owner alone, or nothing."""
    handle, name = tempfile.mkstemp(prefix=".letter-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _unwritten(path: Path, error: OSError) -> str:
    return _("{file} cannot be written: {error}", file=path, error=error.strerror or error)
