"""Letters by SMTP, step by step: EHLO, TLS, AUTH, MAIL, RCPT, the store's commit, DATA (RFC 5321, 3.3)."""

from __future__ import annotations

import smtplib
from base64 import b64decode, b64encode
from contextlib import suppress
from email.message import EmailMessage

from triage import address, login
from triage.config import Settings
from triage.errors import OutletError, SettingsError, TriageError
from triage.lang import _
from triage.model import Outcome, Sent
from triage.post.outlet import BeforeData, Envelope, claim_lost, needs_utf8, octets
from triage.text import line


class SmtpOutlet:
    """One session for many letters; a new one where the server closed it between two of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = settings.post
        if not self._server.host:
            raise SettingsError(_("The settings name no server for sending."), _("Set host in [post]."))
        login.refuse_clear_text(self._server)
        self._port = self._server.port or (465 if self._server.tls == "implicit" else 587)
        self._session: smtplib.SMTP | None = None
        self._open()

    @property
    def name(self) -> str:
        return f"{line(self._server.host)}:{self._port}"

    def deliver(self, mail: EmailMessage, envelope: Envelope, before_data: BeforeData) -> Outcome:
        try:
            content = octets(mail)
            session, refusal = self._announce(mail, envelope)
        except TriageError as error:
            return Outcome(Sent.REFUSED, error.message)
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors
            self._drop()
            return Outcome(Sent.REFUSED, line(str(error), 300))
        if refusal:
            self._reset()
            return Outcome(Sent.REFUSED, refusal)
        try:
            may_leave = before_data()
        except BaseException:
            self._drop()
            raise
        if not may_leave:
            self._reset()
            return claim_lost()
        return self._hand_over(session, content)

    def _announce(self, mail: EmailMessage, envelope: Envelope) -> tuple[smtplib.SMTP, str]:
        """MAIL and RCPT; the server's words if it refuses. Once more where an idle session turns out to be closed."""
        if self._session is not None:
            with suppress(smtplib.SMTPServerDisconnected):
                return self._session, self._envelope(self._session, mail, envelope)
            self._drop()
        session = self._open()
        return session, self._envelope(session, mail, envelope)

    def _envelope(self, session: smtplib.SMTP, mail: EmailMessage, envelope: Envelope) -> str:
        options = ("SMTPUTF8", "BODY=8BITMIME") if needs_utf8(mail) else ()
        code, said = session.mail(_wire(envelope.mail_from), options)
        if code == 421:  # how a server closes an idle session (RFC 5321, 3.8)
            raise smtplib.SMTPServerDisconnected(_said(code, said))
        if code != 250:
            return _said(code, said)
        code, said = session.rcpt(_wire(envelope.rcpt_to))
        return "" if code in (250, 251) else _said(code, said)

    def _hand_over(self, session: smtplib.SMTP, content: bytes) -> Outcome:
        """DATA. Only a final reply makes certain what became of the letter."""
        try:
            code, said = session.data(content)
        except smtplib.SMTPDataError as error:  # no 354: the content stayed here
            self._drop()
            return Outcome(Sent.REFUSED, _said(error.smtp_code, error.smtp_error))
        except (OSError, ValueError) as error:
            self._drop()
            return Outcome(Sent.UNKNOWN, line(str(error), 300))
        if 200 <= code < 300:
            return Outcome(Sent.SENT, _said(code, said))
        self._drop()
        return Outcome(Sent.REFUSED if 400 <= code < 600 else Sent.UNKNOWN, _said(code, said))

    def _open(self) -> smtplib.SMTP:
        """Connected, by TLS unless on this very machine, and logged in. Raises OutletError, SettingsError."""
        context = login.tls(self._server, self._settings)
        secret = self._secret()
        with login.in_words(self._server, self._port, OutletError):
            try:
                if self._server.tls == "implicit":
                    session: smtplib.SMTP = smtplib.SMTP_SSL(
                        self._server.host, self._port, timeout=login.limits.TIMEOUT, context=context
                    )
                else:
                    session = smtplib.SMTP(self._server.host, self._port, timeout=login.limits.TIMEOUT)
                self._session = session
                session.ehlo_or_helo_if_needed()
                if self._server.tls == "starttls":
                    session.starttls(context=context)
                    session.ehlo()
                if self._server.auth != "password":
                    self._log_in_by_token(session, secret)
                elif self._server.user:
                    self._log_in(session, secret)
            except smtplib.SMTPException as error:
                self._drop()
                raise self._unready(error) from None
            except BaseException:
                self._drop()
                raise
        return session

    def _secret(self) -> str:
        """Password or access token; "" where nobody logs in."""
        if self._server.auth != "password":
            return login.token(self._server)
        return login.password(self._server, self._settings) if self._server.user else ""

    def _log_in_by_token(self, session: smtplib.SMTP, secret: str) -> None:
        """AUTH with the token; a challenge after it is the server's reason to refuse, and must be answered."""
        bearer = login.Bearer(self._server, self._port, secret)
        if bearer.mechanism not in session.esmtp_features.get("auth", "").upper().split():
            raise smtplib.SMTPNotSupportedError(f"AUTH {bearer.mechanism}")
        code, said = session.docmd("AUTH", f"{bearer.mechanism} {_base64(bearer(b''))}")
        while code == 334:
            code, said = session.docmd(_base64(bearer(_unbase64(said))))
        if code != 235:
            raise OutletError(
                _(
                    "{where} refuses the access token of {user}: {error}",
                    where=self.name,
                    user=line(self._server.user),
                    error="; ".join(part for part in (bearer.clean(_said(code, said)), bearer.reason) if part),
                ),
                _(
                    "Run token_command by hand and check the token's scope, that user is its account, "
                    "and that SMTP AUTH is allowed for it."
                ),
            )

    def _log_in(self, session: smtplib.SMTP, secret: str) -> None:
        """smtplib chooses the mechanism, but knows ASCII only; beyond it AUTH PLAIN is said by hand (RFC 4616)."""
        user = self._server.user
        if (user + secret).isascii():
            session.login(user, secret)
            return
        code, said = session.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{secret}".encode()).decode())
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, said)

    def _unready(self, error: smtplib.SMTPException) -> OutletError:
        where = self.name
        match error:
            case smtplib.SMTPAuthenticationError():
                return OutletError(
                    _(
                        "{where} refuses the login of {user}: {error}",
                        where=where,
                        user=line(self._server.user),
                        error=_said(error.smtp_code, error.smtp_error),
                    ),
                    _("Check user and password in [post]."),
                )
            case smtplib.SMTPNotSupportedError():
                return OutletError(
                    _("{where} does not offer what is needed: {error}", where=where, error=line(str(error), 300)),
                    _("Check port and tls in [post]; without TLS many servers offer no login."),
                )
            case smtplib.SMTPResponseException():
                said = _said(error.smtp_code, error.smtp_error)
                return OutletError(_("{where} refuses: {error}", where=where, error=said))
        return OutletError(
            _("{where} broke the connection off: {error}", where=where, error=line(str(error), 300)),
            _("Check host, port and tls in [post]."),
        )

    def _reset(self) -> None:
        """Forget the envelope, keep the session; a server that cannot do even that is left."""
        if self._session is not None:
            with suppress(OSError):
                if self._session.rset()[0] == 250:
                    return
            self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def close(self) -> None:
        if self._session is not None:
            with suppress(OSError):
                self._session.quit()
        self._drop()


def _wire(written: str) -> str:
    """An address as MAIL and RCPT want it. Raises OutletError for one that is none."""
    parsed = address.parse(written)
    if parsed.fault:
        raise OutletError(_("{address} is no address that mail can go to.", address=line(parsed.written)))
    return f"{parsed.written.rpartition('@')[0]}@{parsed.domain}"


def _base64(answer: bytes | None) -> str:
    """A SASL answer for the wire; None ends the exchange (RFC 4954, 4)."""
    return "*" if answer is None else b64encode(answer).decode("ascii")


def _unbase64(challenge: bytes) -> bytes:
    try:
        return b64decode(challenge)
    except ValueError:
        return challenge


def _said(code: int, words: bytes | str) -> str:
    """A server's reply in one clean line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return line(f"{code} {text}", 300)
