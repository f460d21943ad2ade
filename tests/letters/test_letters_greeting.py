"""How a letter addresses its reader."""

from __future__ import annotations

import pytest

from triage.letters import greeting


@pytest.mark.parametrize(
    ("name", "salutation", "title", "german", "english"),
    [
        ("Eva Lang", "Frau", "Dr.", "Sehr geehrte Frau Dr. Lang", "Dear Dr. Lang"),
        ("Jan Roth", "Herr", "", "Sehr geehrter Herr Roth", "Dear Mr Roth"),
        ("Mia Keller", "Ms.", "", "Sehr geehrte Frau Keller", "Dear Ms Keller"),
        ("K. Roth", "", "", "Guten Tag K. Roth", "Dear K. Roth"),
        ("K. Roth", "divers", "Dr.", "Guten Tag Dr. K. Roth", "Dear Dr. K. Roth"),
        ("Dr. Eva Lang", "Frau", "Dr.", "Sehr geehrte Frau Dr. Lang", "Dear Dr. Lang"),
        ("Dr. Eva Lang", "", "Dr.", "Guten Tag Dr. Eva Lang", "Dear Dr. Eva Lang"),
        ("Lang, Eva", "frau", "", "Sehr geehrte Frau Lang", "Dear Ms Lang"),
        ("Lang", "Frau", "", "Sehr geehrte Frau Lang", "Dear Ms Lang"),
        ("Eva von der Heide", "Frau", "", "Sehr geehrte Frau von der Heide", "Dear Ms von der Heide"),
        ("Vincent van Dam", "Herr", "Prof. Dr.", "Sehr geehrter Herr Prof. Dr. van Dam", "Dear Prof. Dr. van Dam"),
        ("Anna Meier-Schulz", "Frau", "", "Sehr geehrte Frau Meier-Schulz", "Dear Ms Meier-Schulz"),
        ("Von Arx", "Herr", "", "Sehr geehrter Herr Arx", "Dear Mr Arx"),
        ("", "Frau", "", "Guten Tag", "Hello"),
        ("", "", "", "Guten Tag", "Hello"),
    ],
)
def test_the_greeting_fits_salutation_title_and_name(
    name: str, salutation: str, title: str, german: str, english: str
) -> None:
    assert greeting(name, salutation, title, "de") == german
    assert greeting(name, salutation, title, "en") == english
