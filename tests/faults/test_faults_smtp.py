"""A letter leaves by SMTP, and something breaks at each step: never twice, and the ledger knows what is certain."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.letters_world import AUTHOR, draft, notices, send, write_settings
from faults.smtp_table import ARRIVED, RELEASED, REVIEW, SENT, UNKNOWN, cells
from faults.world import assert_sound, impatient
from office import MONDAY, Office
from servers.certificates import make_certificate
from servers.proxy import Fault, Proxy, running_proxy
from servers.smtp_peer import PASSWORD, USER, SmtpPeer, running_smtp_peer

from triage import clock, lang
from triage.desk import Desk, sending
from triage.errors import OutletError
from triage.model import LetterState


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("TRIAGE_POST_PASSWORD", PASSWORD)
    clock.fix(MONDAY)
    lang.use("en")
    yield Office(tmp_path)
    clock.fix(None)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    chain, key = make_certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return chain, context


@contextmanager
def way_out(
    office: Office, desk: Desk, step: str, fault: Fault, certificate: tuple[Path, ssl.SSLContext]
) -> Iterator[tuple[SmtpPeer, Proxy]]:
    """The office's letters leave by a proxy to a real server: in the clear, with a login, or by STARTTLS."""
    chain, context = certificate
    by_tls = step == "STARTTLS"
    with (
        running_smtp_peer(context, starttls=True) if by_tls else running_smtp_peer(login=step == "AUTH") as peer,
        running_proxy(peer.port, fault) as proxy,
    ):
        post = [f'outlet = "smtp"\nhost = "localhost"\nport = {proxy.port}']
        post.append(f'tls = "starttls"\nca_file = "{chain}"' if by_tls else 'tls = "none"')
        post.append(f'user = "{USER}"' if peer.wants_login else "")
        write_settings(office, desk, "\n".join(post))
        yield peer, proxy


def outcome(desk: Desk, peer: SmtpPeer, proxy: Proxy) -> str:
    """A letter is sent while the fault strikes; then once more what may be sent. In a word what became of it."""
    [letter] = draft(desk)
    first = send(desk)
    assert proxy.struck, f"nothing went wrong; heard: {proxy.heard}"
    proxy.set(None)
    state, counted, arrived = sending.letter(desk, letter.id).state, notices(desk), len(peer.accepted)
    second = send(desk)
    match state:
        case LetterState.COMPOSED:
            assert isinstance(first, OutletError)
            assert (counted, arrived, second) == (0, 0, [LetterState.SENT])
            return REVIEW
        case LetterState.RELEASED:
            assert (counted, arrived, second) == (0, 0, [])
            assert [new.id for new in draft(desk)] != [letter.id]
            assert send(desk) == [LetterState.SENT]
            return RELEASED
        case LetterState.UNCONFIRMED:
            assert (counted, second, draft(desk)) == (1, [], [])
            return ARRIVED if arrived else UNKNOWN
        case _:
            assert (state, counted, arrived, second) == (LetterState.SENT, 1, 1, [])
            return SENT


@pytest.mark.parametrize(
    ("step", "fault", "expected"),
    [pytest.param(step, fault, expected, id=f"{step}: {what}") for step, what, fault, expected in cells()],
)
def test_whatever_breaks_at_a_step_a_letter_arrives_at_most_once_and_counts_unless_it_certainly_did_not(
    office: Office,
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    fault: Fault,
    expected: str,
) -> None:
    office.bounce()
    with office.synced() as desk, way_out(office, desk, step, fault, certificate) as (peer, proxy):
        if fault.is_silent:
            impatient(monkeypatch)
        assert outcome(desk, peer, proxy) == expected
        at_most = 0 if expected == UNKNOWN else 1
        assert [to for _from, to, _mail in peer.accepted] == [(AUTHOR,)] * at_most
        names = [str(email.message_from_bytes(mail)["Message-ID"]) for _from, _to, mail in peer.accepted]
        assert names == sorted(set(names))
        assert notices(desk) == 1
        assert_sound(desk)
