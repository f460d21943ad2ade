"""Random lives of a desk whose store is lost, or an older one again: never more than three letters about an address.

What the letters folder, Drafts and Sent hold is all that such a store can learn from; mail programs drop headers there,
give other Message-IDs, edit and quote.
"""

from __future__ import annotations

import email
import shutil
import tempfile
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office import MONDAY, Office

from triage import clock, lang
from triage.desk import Desk, drafting, queue, reading, sending
from triage.model import LetterState, Section

WHO = ("weber", "huber")
number = st.integers(0, 100)


class RestoredStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        clock.fix(MONDAY)
        lang.use("en")
        self.folder = tempfile.TemporaryDirectory()
        self.office = Office(Path(self.folder.name))
        self.places = [self.office.letters, self.office.mail / ".Drafts" / "cur", self.office.mail / ".Sent" / "cur"]
        for place in self.places:
            place.mkdir(parents=True)
        for part in ("cur", "new", ".Drafts/new", ".Sent/new"):
            (self.office.mail / part).mkdir(parents=True, exist_ok=True)
        self.days = 0
        self.copies: list[Path] = []
        self.sent: Counter[str] = Counter()
        """Letters that truly left, by address."""
        for who in WHO:
            self.office.bounce(who)

    def teardown(self) -> None:
        self.folder.cleanup()
        clock.fix(None)

    @property
    def letters(self) -> list[Path]:
        """All that lie anywhere."""
        return sorted(file for place in self.places for file in place.iterdir())

    # --- what happens ---

    @rule(weeks=st.integers(1, 4), both=st.booleans(), leave_out=st.booleans(), syncs=st.booleans())
    def it_fails_again_and_again_and_staff_write(self, weeks: int, both: bool, leave_out: bool, syncs: bool) -> None:
        for _week in range(weeks):
            self.days += 7
            self.office.at(self.days)
            for who in WHO if both else WHO[:1]:
                self.office.bounce(who)
            with self.office.desk() as desk:
                reading.sync(desk)
                self._write(desk, leave_out)
        if not syncs:  # as an app does that stands open while the store beneath it is put back
            with self.office.desk() as desk:
                self._write(desk, leave_out)

    def _write(self, desk: Desk, leave_out: bool) -> None:
        for letter in drafting.draft(desk, [i for i in queue.ids(desk, Section.NEW) if i > 0]).letters:
            if leave_out and len(letter.items) > 1:
                drafting.leave_out(desk, letter.id, letter.items[0].case)
        in_review = [x for x in sending.letters_in_work(desk) if x.state is LetterState.COMPOSED]
        for delivered in sending.send(desk, in_review):
            if delivered.letter.state is LetterState.SENT:
                self.sent.update(item.written for item in delivered.letter.items)

    @rule(which=number, how=st.sampled_from(["copied", "older", "lost", "lost with its key"]))
    def the_store_is(self, which: int, how: str) -> None:
        store, copy = self.office.store, self.office.folder / f"copy{len(self.copies)}.db"
        if how == "copied" and store.exists():
            shutil.copyfile(store, copy)  # closed: nothing is left in the WAL
            self.copies.append(copy)
        elif how == "older" and self.copies:
            shutil.copyfile(self.copies[which % len(self.copies)], store)
        elif how.startswith("lost"):
            for file in self.office.folder.glob("triage.db*"):
                if "key" in how or file.suffix != ".key":
                    file.unlink()
            if "key" in how:
                self.copies.clear()  # an old store without its key is refused

    @precondition(lambda self: self.letters)
    @rule(how=st.sampled_from(["stripped", "greeting", "quoted", "no claims"]), every=st.integers(1, 2))
    def a_mail_program_files_letters_anew(self, how: str, every: int) -> None:
        for file in self.letters[::every]:
            self._filed_anew(file, how)

    def _filed_anew(self, file: Path, how: str) -> None:
        before = email.message_from_bytes(file.read_bytes())
        text = str(before.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
        mail = EmailMessage()
        mail["To"], mail["Date"], mail["Subject"] = str(before["To"]), str(before["Date"]), "Bitte prüfen"
        if how == "no claims" and before["X-Triage-Ref"]:
            mail["X-Triage-Ref"], mail["Message-ID"] = str(before["X-Triage-Ref"]), str(before["Message-ID"])
        else:
            mail["Message-ID"] = f"<{file.stem}.{len(text)}@mua.example>"
        if how == "greeting":
            text = f"Liebe Karin, Fragen an support@iprot.example oder x@y.example.\n{text}"
        elif how == "quoted":
            text = "Noch einmal:\n" + "".join(f"> {line}\n" for line in text.splitlines())
        mail.set_content(text)
        file.write_bytes(mail.as_bytes())

    @precondition(lambda self: self.letters)
    @rule(which=number, place=st.integers(0, 2), name=number, copies=st.booleans())
    def a_letter_is_filed_elsewhere(self, which: int, place: int, name: int, copies: bool) -> None:
        """Moved, or copied into another mail; which is read first may change."""
        file = self.letters[which % len(self.letters)]
        to = self.places[place] / f"{name:03}.{file.name}"[-100:]
        shutil.copyfile(file, to)
        if not copies and to != file:
            file.unlink()

    # --- what always holds ---

    @invariant()
    def no_address_was_written_about_more_than_three_times(self) -> None:
        assert all(times <= 3 for times in self.sent.values()), self.sent


TestRestoredStores = RestoredStores.TestCase
TestRestoredStores.settings = settings(
    max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
