"""A letter is known again by its text alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import address, claims, letters, resources
from triage.letters import Recognised
from triage.model import Purpose

HERE = Path(__file__).parent
KEYS = ("p.weber@bau-hubre.example", "a.beck@tragwerk,example")


def letter(name: str = "de_first_several", keys: tuple[str, ...] = KEYS, own: bytes = b"own") -> tuple[str, str]:
    """(text, reference) of a letter that was kept beside these tests, about these addresses."""
    reference = claims.reference(Purpose.CORRECTION, keys, own)
    return (HERE / f"{name}.txt").read_text("utf-8").replace("T-7K3Q", reference).replace(
        "T-9M2C", reference
    ), reference


def proved(text: str, named: str = "") -> dict[str, set[str]]:
    """The addresses that each reference of a text proves."""
    return {r.reference: set(r.keys) for r in letters.recognise(text, named) if r.purpose is Purpose.CORRECTION}


def test_a_letter_names_its_addresses_malformed_ones_too() -> None:
    text, reference = letter()
    assert proved(text) == {reference: set(KEYS)}


@pytest.mark.parametrize("file", sorted(HERE.glob("*_*.txt")), ids=lambda path: path.stem)
def test_every_built_in_letter_is_known_again_whoever_reads_it(file: Path) -> None:
    """The addresses stand alone on a line that begins with four blanks; to postmasters, behind a label."""
    labels = ("    Empfänger: ", "    Recipient: ") if "postmaster" in file.stem else ("    ",)
    lines = file.read_text("utf-8").splitlines()
    written = [line.removeprefix(label) for line in lines for label in labels if line.startswith(label)]
    keys = tuple(address.parse(line).key for line in written if "@" in line and " " not in line)
    purpose = Purpose.POSTMASTER if "postmaster" in file.stem else Purpose.CORRECTION
    reference = claims.reference(purpose, keys, b"own")
    text = file.read_text("utf-8").replace("T-7K3Q", reference).replace("T-9M2C", reference)
    assert keys
    [recognised] = letters.recognise(text)
    assert (recognised.purpose, set(recognised.keys)) == (purpose, set(keys))


def _quoted(text: str) -> str:
    return "Sehr geehrte Frau Lang,\n\nsiehe unten.\n\nAm 3.11. schrieb support@iprot.example:\n" + "".join(
        f"> {line}\n" for line in text.splitlines()
    )


EDITS: dict[str, Callable[[str], str]] = {
    "another greeting": lambda text: text.replace("Sehr geehrte Frau Dr. Lang,", "Liebe Ina,"),
    "lines added": lambda text: text.replace("Es geht um", "Rufen Sie an: i.lang@planwerk.example.\nEs geht um"),
    "an address as a line of its own": lambda text: f"support@iprot.example\nx@y.example\n{text}",
    "quoted": _quoted,
    "quoted twice": lambda text: _quoted(_quoted(text)),
    "made links": lambda text: text.replace("p.weber@bau-hubre.example\n", "p.weber@bau-hubre.example<mailto:a@b.c>\n"),
    "without indents": lambda text: "\n".join(line.strip() for line in text.splitlines()),
    "in capitals": lambda text: text.replace("p.weber@bau-hubre.example", "P.Weber@Bau-Hubre.Example"),
    "in brackets": lambda text: text.replace("    p.weber@bau-hubre.example", "    <p.weber@bau-hubre.example>"),
    "within a sentence": lambda text: text.replace(
        "    p.weber@bau-hubre.example\n", "Es ist p.weber@bau-hubre.example, "
    ),
    "with CRLF": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_letter_is_known_again(edit: str) -> None:
    text, reference = letter()
    edited = EDITS[edit](text)
    assert edited != text
    assert proved(edited) == {reference: set(KEYS)}


def test_two_letters_in_one_text_are_two() -> None:
    first, one = letter()
    second, two = letter("en_second_one", ("p.weber@bau-hubre.example",), b"another")
    assert proved(f"{second}\n{_quoted(first)}") == {one: set(KEYS), two: {KEYS[0]}}


def test_an_address_that_was_changed_in_the_text_proves_nothing() -> None:
    text, reference = letter()
    [recognised] = letters.recognise(text.replace("bau-hubre", "bau-huber"))
    assert (recognised.reference, recognised.purpose) == (reference, None)
    assert "p.weber@bau-huber.example" in recognised.keys


def test_a_reference_of_another_letter_proves_nothing() -> None:
    text, reference = letter()
    other = claims.reference(Purpose.CORRECTION, ["max@firma.example"], b"own")
    assert [r.purpose for r in letters.recognise(text.replace(reference, other))] == [None]


def test_a_reference_of_old_proves_nothing() -> None:
    assert [r.purpose for r in letters.recognise("    p.weber@bau-hubre.example\n\nVorgang T-7K3Q")] == [None]


def test_a_reference_that_only_the_header_tells_counts_for_the_whole_text() -> None:
    text, reference = letter()
    assert proved(text.replace(reference, ""), reference) == {reference: set(KEYS)}


@pytest.mark.parametrize(
    "key",
    [
        "bau huber@firma.example",
        "p.weber.planung.example",
        "we\u200bber@firma.example",
        "|max@firma.example",
        "max: a@firma.example",
        "max⟨U+0041⟩@firma.example",
        "max<mailto:x>@firma.example",
    ],
)
def test_odd_addresses_are_known_again_as_letters_write_them(key: str) -> None:
    from triage.text import address as shown

    reference = claims.reference(Purpose.CORRECTION, [address.parse(key).key], b"own")
    assert proved(f"Es geht um\n\n    {shown(key)}\n    Paul Weber\n\nVorgang {reference}") == {
        reference: {address.parse(key).key}
    }


def test_a_reference_that_proves_nothing_names_every_address_of_the_text() -> None:
    text, _reference = letter()
    changed = text.replace("p.weber@bau-hubre.example", "erledigt") + "\nPS: auch i.lang@planwerk.example\n"
    [recognised] = letters.recognise(changed)
    assert recognised.purpose is None
    assert {"i.lang@planwerk.example", *KEYS} - {"p.weber@bau-hubre.example"} <= set(recognised.keys)


def test_a_reference_only_in_quoted_lines_may_be_somebody_elses() -> None:
    text, reference = letter()
    assert letters.only_quotes(_quoted(text), reference)
    assert not letters.only_quotes(text, reference)
    assert not letters.only_quotes(f"{reference}\n{_quoted(text)}", reference)
    assert not letters.only_quotes(text, "T-23456789")


def test_a_letter_about_thirty_addresses_is_known_again_among_others() -> None:
    keys = tuple(f"a{n}@firma.example" for n in range(30))
    reference = claims.reference(Purpose.CORRECTION, keys, b"own")
    listed = "\n".join(f"    {key}\n    Gemeint ist vielleicht: b.{key}" for key in keys)
    assert proved(f"Fragen an support@iprot.example.\n{listed}\nVorgang {reference}") == {reference: set(keys)}


def test_what_only_looks_like_a_reference_is_none() -> None:
    assert letters.recognise("T-Shirt, T-0000, xT-2345, T-2345-6, T-2345678901234567890123456789012345") == ()


def test_the_marks_are_the_words_before_the_reference_in_every_template(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "correction.txt").write_text("Subject: x\n\nUnser Zeichen für Sie: {{- reference }}\n", "utf-8")
    (tmp_path / "de" / "postmaster.txt").write_text("Subject: x\n\n{% if x %}{{ reference }}{% endif %}\n", "utf-8")
    assert letters.marks([tmp_path, resources.templates()]) == (
        "r Sie: T-",
        "T-",
        "Vorgang T-",
        "Reference T-",
    )


def test_hostile_texts_take_no_time() -> None:
    reference = claims.reference(Purpose.CORRECTION, ["nobody@x.example"], b"own")
    many = "\n".join(f"a{n}@b.example c{n}@d.example" for n in range(5_000))
    for text in (many, "a" * 200_000, "@" * 200_000, "<mailto:" * 20_000, "> " * 100_000, f"{reference} " * 20_000):
        began = time.monotonic()
        assert all(r.purpose is None for r in letters.recognise(f"{text}\n{reference}"))
        assert time.monotonic() - began < 2


@given(st.text(), st.text())
def test_no_text_makes_it_raise(text: str, named: str) -> None:
    letters.recognise(text, named)


@given(st.sets(st.emails(), min_size=1, max_size=5), st.binary(min_size=3, max_size=32))
def test_a_reference_proves_its_own_addresses_and_no_others(addresses: set[str], own: bytes) -> None:
    keys = {address.parse(written).key for written in addresses}
    for purpose in Purpose:
        reference = claims.reference(purpose, keys, own)
        assert claims.references_in(f"Vorgang {reference}.") == (reference,)
        assert claims.proves(reference, purpose, keys)
        assert not claims.proves(reference, purpose, keys | {"another@firma.example"})
        assert not any(claims.proves(reference, other, keys) for other in Purpose if other is not purpose)


def test_a_letter_is_recognised_as_itself() -> None:
    text, reference = letter()
    assert letters.recognise(text) == (Recognised(reference, Purpose.CORRECTION, KEYS),)
