"""Whole letters as text: tests/letters/*.txt is what goes out, to be read in a diff."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage import lang, resources
from triage.errors import SettingsError
from triage.letters import Draft, Request, RequestItem, compose
from triage.model import AddressFault, Kind, Purpose

HERE = Path(__file__).parent
BUILT_IN = (resources.templates(),)
CET = timezone(timedelta(hours=1))

WEBER = RequestItem(
    address="p.weber@bau-hubre.example",
    kind=Kind.WRONG_DOMAIN,
    number=1,
    name="Peter Weber",
    company="Bau Huber GmbH",
    protocol="2026-0877",
    protocol_title="Jour fixe 14",
    protocol_date=date(2026, 11, 16),
    project="Neubau Kita Nord",
    failures=1,
    first_failed=datetime(2026, 11, 16, 12, 3, tzinfo=CET),
    last_failed=datetime(2026, 11, 16, 12, 3, tzinfo=CET),
    diagnostic="550 5.1.2 Host not found",
    suggestion="p.weber@bau-huber.example",
)
BECK = RequestItem(
    address="a.beck@tragwerk,example",
    kind=Kind.UNCLEAR,
    number=1,
    company="Tragwerk Beck",
    protocol="2026-0881",
    failures=4,
    first_failed=datetime(2026, 10, 26, 12, tzinfo=CET),
    last_failed=datetime(2026, 11, 20, 12, tzinfo=CET),
    fault=AddressFault.BAD_DOMAIN,
)
YILMAZ = RequestItem(
    address="yilmaz@stadtwerke-nord.example",
    kind=Kind.MAILBOX_DISABLED,
    number=3,
    name="Deniz Yilmaz",
    protocol="2026-0881",
    protocol_title="Begehung Heizzentrale",
    last_failed=datetime(2026, 11, 20, 12, tzinfo=CET),
)
REQUEST = Request(
    Purpose.CORRECTION,
    (WEBER,),
    reference="T-7K3Q",
    to_name="Eva Lang",
    salutation="Frau",
    title="Dr.",
    staff_name="K. Roth",
    sender_name="iPROT Support",
)
POSTMASTER = Request(
    Purpose.POSTMASTER,
    (
        replace(
            WEBER,
            address="p.weber@bau-huber.example",
            kind=Kind.SPAM_OR_POLICY,
            diagnostic="554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked by our own list, see "
            "https://postmaster.bau-huber.example/?ip=203.0.113.9",
        ),
    ),
    reference="T-9M2C",
    staff_name="K. Roth",
    sender_name="iPROT Support",
    senders=("iprot@iprot.example",),
    sender_ips=("203.0.113.9",),
)


@pytest.fixture(autouse=True)
def _english_interface_in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lang.use("en")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def numbered(number: int, *items: RequestItem) -> Request:
    return replace(REQUEST, items=tuple(replace(item, number=number) for item in items))


def text_of(draft: Draft) -> str:
    return f"Subject: {draft.subject}\n\n{draft.body}"


@pytest.mark.parametrize(
    ("file", "request_"),
    [
        ("first_one", REQUEST),
        ("first_several", numbered(1, WEBER, BECK)),
        ("second_one", numbered(2, replace(WEBER, failures=3, last_failed=datetime(2026, 11, 20, 8, tzinfo=CET)))),
        ("second_several", numbered(2, WEBER, BECK)),
        ("third_one", numbered(3, BECK)),
        ("third_to_a_deputy", replace(numbered(3, WEBER), to_name="", salutation="", deputy_for="Eva Lang")),
        ("third_several", numbered(3, WEBER, YILMAZ)),
        (
            "mixed_to_a_deputy",
            replace(
                REQUEST, items=(WEBER, YILMAZ), to_name="Jan Roth", salutation="Herr", title="", deputy_for="Eva Lang"
            ),
        ),
        ("postmaster_one", POSTMASTER),
        ("postmaster_several", replace(POSTMASTER, items=(*POSTMASTER.items, replace(BECK, diagnostic="550 Denied")))),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_letter_reads_as_it_was_approved(file: str, request_: Request, language: str) -> None:
    golden = HERE / f"{language}_{file}.txt"
    assert text_of(compose(request_, BUILT_IN, language)) == golden.read_text("utf-8")


@pytest.mark.parametrize("golden", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_a_letter_is_calm_and_fits_the_page(golden: Path) -> None:
    subject, _blank, *lines = golden.read_text("utf-8").splitlines()
    assert "!" not in "\n".join(lines)
    assert len(subject) < 120
    assert max(len(line) for line in lines if "://" not in line) <= 76
    assert "  " not in "\n".join(line.strip() for line in lines)


def test_the_authors_letter_does_not_repeat_what_a_foreign_server_said() -> None:
    hostile = replace(WEBER, diagnostic="550 pay at https://evil.example")
    assert "evil" not in text_of(compose(replace(REQUEST, items=(hostile,)), BUILT_IN, "de"))


def test_any_language_but_german_is_english() -> None:
    assert compose(REQUEST, BUILT_IN, "fr").language == "en"
    assert compose(REQUEST, BUILT_IN, "de-AT").language == "de"


def test_the_letters_language_is_not_that_of_the_interface() -> None:
    in_english = compose(REQUEST, BUILT_IN, "de")
    lang.use("de")
    assert compose(REQUEST, BUILT_IN, "de") == in_english


# --- hostile text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", ["{{ 7*7 }}", "{% for x in y %}", "{# a", "a\r\nBcc: x@y.example", "\u202egnp.exe", "\x1b]52;c;x\x07"]
)
def test_hostile_names_stay_one_line_of_plain_text(hostile: str) -> None:
    item = replace(WEBER, name=hostile, company=hostile, address=f"{hostile}@x.example", protocol_title=hostile)
    request = replace(REQUEST, items=(item,), to_name=f"{hostile} Lang", title=hostile, staff_name=hostile)
    whole = text_of(compose(request, BUILT_IN, "de"))
    assert "49" not in whole
    assert not any(line.startswith("Bcc") for line in whole.splitlines())
    assert all(character.isprintable() or character == "\n" for character in whole)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_a_letter(name: str, address: str, title: str) -> None:
    item = replace(WEBER, name=name, address=address, suggestion=address, protocol_title=title, protocol=name)
    for purpose in Purpose:
        request = replace(REQUEST, purpose=purpose, items=(item,), to_name=name, salutation="Herr", title=title)
        draft = compose(request, BUILT_IN, "de")
        assert "\n" not in draft.subject
        assert "Vorgang T-7K3Q" in draft.body
        assert all(character.isprintable() or character == "\n" for character in draft.body)


# --- templates --------------------------------------------------------------------------------------------------------


def own_template(folder: Path, content: str | bytes) -> tuple[Path, ...]:
    """The user's folder with a German correction request, before the built-in one."""
    file = folder / "de" / "correction.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return (folder, *BUILT_IN)


def test_a_template_of_the_users_own_wins(tmp_path: Path) -> None:
    folders = own_template(
        tmp_path, "\ufeffSubject: {{ items[0].address }}\r\n\r\n{{ greeting }},\r\n{{ reference }}\r\n"
    )
    draft = compose(REQUEST, folders, "de")
    assert draft == Draft(
        "p.weber@bau-hubre.example",
        "Sehr geehrte Frau Dr. Lang,\nT-7K3Q\n",
        "de",
        str(tmp_path / "de" / "correction.txt"),
    )
    assert compose(REQUEST, folders, "en").template == str(resources.templates() / "en" / "correction.txt")


def test_a_changed_template_is_used_at_once(tmp_path: Path) -> None:
    folders = own_template(tmp_path, "Subject: a\n\n{{ reference }} before")
    assert "before" in compose(REQUEST, folders, "de").body
    own_template(tmp_path, "Subject: a\n\n{{ reference }} after")
    os.utime(tmp_path / "de" / "correction.txt", (1, 1))
    assert "after" in compose(REQUEST, folders, "de").body


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Subject: a\n\n{{ reference }}\n{% if %}", ":4: Expected an expression, got 'end of statement block'"),
        ("Subject: a\n\n{{ reference }}\n\n{{ athor }}", ":5: 'athor' is undefined"),
        ("Subject: a\n\n{{ reference }}\n{{ 1 // 0 }}", ":4: integer division or modulo by zero"),
        (
            "Subject: a\n{{ reference.__class__.__mro__ }}",
            ":2: access to attribute '__class__' of 'str' object is unsafe.",
        ),
        ("Subject: a\n{{ items.append(1) }}", ":2: "),
        ("Dear {{ to_name }}\n{{ reference }}", ":1: the first line must be the subject."),
        ("Subject:\n\n{{ reference }}", ":1: the first line must be the subject."),
        ("Subject: a\n\n\n", ": there is no text below the subject."),
        ("Subject: a\n\n{{ greeting }}", ": the letter does not show its reference."),
        ("Subject: a\n\n{% for n in range(9999) %}{{ reference }}{% endfor %}", ": the letter is longer than 20000"),
        (b"Subject: \xfc\n\n{{ reference }}", ":1: 'utf-8' codec can't decode"),
    ],
)
def test_a_faulty_template_is_named_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compose(REQUEST, own_template(tmp_path, content), "de")
    assert caught.value.message.startswith(f"{tmp_path / 'de' / 'correction.txt'}{message}")


def test_a_missing_template_says_where_it_was_searched(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no template de/correction\.txt") as caught:
        compose(REQUEST, (tmp_path,), "de")
    assert str(tmp_path) in caught.value.hint


def test_long_lines_are_wrapped_below_their_indent_and_long_words_are_not_broken(tmp_path: Path) -> None:
    url = "https://iprot.example/" + "x" * 80
    folders = own_template(tmp_path, f"Subject: a\n\n    {'Wort ' * 20}\n{url}\n\n\n\n{{{{ reference }}}}")
    indented = f"    {'Wort ' * 14}".rstrip() + f"\n      {'Wort ' * 6}".rstrip()
    assert compose(REQUEST, folders, "de").body == f"{indented}\n{url}\n\nT-7K3Q\n"
