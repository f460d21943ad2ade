"""2,000 bounces of which it is known what each is about: what the ladder makes of them, and what never becomes work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from bounce_shares import WORLDS, Share, drawn, shares, table
from bounce_world import KEY, NOW, SENDER, SIGNED, Truth, World

from triage import clock, config, lang
from triage.desk import Desk, drafting, open_desk, queue, reading
from triage.model import Allowed, Case, Section
from triage.store import cases, directory

COUNT = 2_000
AT_THE_DESK = 1_000
NOT_TOLD_APART = {
    "nothing signed, Message-IDs known": {
        "forged by who got the same mail",
        "forged with ones own mail under a new id",
    },
    "all signed, Message-IDs known": set[str](),
    "return paths signed, Message-IDs known": set[str](),
    "Message-IDs signed and known": {"forged by who got the same mail"},
    "all signed, no Message-IDs in the directory": set[str](),
}
"""Forgeries that nothing in the mail gives away; docs/linking.md names them."""
UNSIGNED = "nothing signed, Message-IDs known"


@cache
def of(title: str) -> dict[str, Share]:
    return shares(WORLDS[title](), COUNT)


def is_forged(name: str) -> bool:
    return Truth(name).is_forged


@pytest.mark.parametrize("title", WORLDS)
def test_what_counts_is_right_and_no_forged_one_counts(title: str) -> None:
    found = of(title)
    assert sum(share.n for share in found.values()) == COUNT
    assert [name for name, share in found.items() if share.wrong] == [], table(found)


@pytest.mark.parametrize("title", WORLDS)
def test_the_forgeries_that_cannot_be_told_apart_are_known_by_name(title: str) -> None:
    found = of(title)
    believed = {name for name, share in found.items() if is_forged(name) and share.proof + share.strong}
    if title in NOT_TOLD_APART:
        assert believed == NOT_TOLD_APART[title]
    else:
        assert {"forged number", "forged header", "forged with ones own message id"} <= believed
        assert not believed & {"forged report alone", "forged with somebody elses mail", "forged sub address"}


PROVED = {
    "plain", "headers only", "nothing returned but named in references", "forwarded with original recipient",
    "rewritten message id with its parent", "umlauts garbled", "umlauts as they are", "domain in the other spelling",
    "another sub address", "wrapped by forwarding or bounce protection", "several a day told by the message id",
    "one mail to many", "passed on by hand", "about oneself and a forwarding",
}  # fmt: skip
GUESSED = {
    "nothing returned": 0.9,
    "prose only": 0.8,
    "forwarded without a word": 1.0,
    "several a day told by the date": 1.0,
    "several a day told by the subject": 1.0,
    "several a day told by nothing": 0.6,
}
"""The least share in which the best guess is right."""


def test_what_brings_back_a_message_id_is_proved_without_any_signature() -> None:
    found = of(UNSIGNED)
    assert {name for name, share in found.items() if share.n and share.proof == share.n} - PROVED == {
        "forged by who got the same mail"
    }
    assert [name for name in PROVED if found[name].proof < found[name].n] == [], table(found)


def test_a_mail_that_a_server_gave_another_message_id_is_known_by_all_else() -> None:
    found = of(UNSIGNED)["rewritten message id"]
    assert (found.strong, found.wrong) == (found.n, 0)


def test_where_nothing_is_proved_the_right_protocol_is_mostly_the_first_guess_and_always_listed() -> None:
    found = of(UNSIGNED)
    right = {name: round(found[name].first / found[name].n, 2) for name in GUESSED}
    assert [name for name, least in GUESSED.items() if right[name] < least] == [], table(found)
    assert sum(found[name].unlinked for name in GUESSED) == 0


def test_signed_return_paths_prove_whatever_a_report_leaves_out() -> None:
    found = of("return paths signed, Message-IDs known")
    assert [name for name in (*PROVED, *GUESSED) if found[name].proof < found[name].n] == [], table(found)


def test_without_message_ids_and_signatures_what_returns_our_mail_is_still_strong() -> None:
    found = of("nothing signed, no Message-IDs in the directory")
    for name in ("plain", "headers only", "rewritten message id", "one mail to many"):
        assert found[name].strong == found[name].n, table(found)
    assert not any(share.proof for share in found.values())


# --- through the desk -------------------------------------------------------------------------------------------------


def opened(folder: Path, world: World, mails: dict[str, bytes]) -> Desk:
    """A desk that has synced these mails, with the world's directory."""
    (folder / "mail").mkdir(parents=True)
    for name, raw in mails.items():
        (folder / "mail" / f"{name}.eml").write_bytes(raw)
    (folder / "token.key").write_bytes(KEY)
    (folder / "token.key").chmod(0o600)
    signs = f'verp = "{world.linking.verp}"\nmessage_id = "{world.linking.message_id}"\ntoken_key_file = "token.key"\n'
    (folder / "triage.toml").write_text(
        '[mailbox]\npath = "mail/"\n[post]\noutlet = "folder"\npath = "letters"\n'
        f'[sender]\naddresses = ["{SENDER}"]\ndomains = ["iprot.example"]\nletters_from = "support@iprot.example"\n'
        f'[linking]\nprotocol_url = "{world.linking.protocol_url}"\nheader = "X-Protocol"\n'
        f"{signs if world.signs else ''}",
        "utf-8",
    )
    desk = open_desk(config.load(folder / "triage.toml"), folder / "triage.db")
    directory.import_rows(desk.store, world.rows, desk.hide)
    reading.sync(desk)
    return desk


@pytest.fixture(autouse=True)
def _at_the_end() -> Iterator[None]:
    clock.fix(NOW)
    lang.use("en")
    yield
    clock.fix(None)


@pytest.fixture(params=[(), SIGNED], ids=["nothing signed", "all signed"])
def world(request: pytest.FixtureRequest) -> World:
    return World(signs=request.param)


def test_no_forged_bounce_becomes_work_at_the_desk(world: World, tmp_path: Path) -> None:
    lying = [(raw, told) for raw, told in drawn(world, AT_THE_DESK) if told.is_forged and not told.may_count]
    with opened(tmp_path, world, {f"{n:04}": raw for n, (raw, _told) in enumerate(lying)}) as desk:
        named = {told.address for _raw, told in lying if told.address} - {told.beside for _raw, told in lying}
        assert len(lying) > 180
        assert not named & {case.key for case in worked_on(desk)}
        bin_of = queue.ids(desk, Section.BIN)
        assert not any(isinstance(drafting.may_write(desk, queue.view(desk, c).case), Allowed) for c in bin_of if c > 0)
        written = drafting.draft(desk, [c for section in Section for c in queue.ids(desk, section) if c > 0])
        assert not named & {item.key for letter in written.letters for item in letter.items}


def test_forged_bounces_change_nothing_about_what_truly_failed(world: World, tmp_path: Path) -> None:
    mails = [(f"{n:04}", raw, told) for n, (raw, told) in enumerate(drawn(world, AT_THE_DESK))]
    honest = {name: raw for name, raw, told in mails if not told.is_forged}
    with opened(tmp_path, world, honest) as desk:
        failed = {(told.address, told.protocol) for _name, _raw, told in mails if told.may_count and not told.is_forged}
        alone = [work_of(case) for case in worked_on(desk)]
        assert len(alone) > 150
        assert {(case["key"], case["protocol"]) for case in alone} <= failed
        for name, raw, told in mails:
            if told.is_forged and not told.may_count and not told.beside:
                (tmp_path / "mail" / f"{name}.eml").write_bytes(raw)
        assert reading.sync(desk).messages > 150
        assert [work_of(case) for case in worked_on(desk)] == alone


def worked_on(desk: Desk) -> list[Case]:
    """Cases that lie anywhere but in the bin, by address: to work on, or waiting for what their kind waits for."""
    ids = [c for section in Section if section is not Section.BIN for c in queue.ids(desk, section) if c > 0]
    found = [case for identity in ids if (case := cases.by_id(desk.store, identity)) is not None]
    return sorted(found, key=lambda case: case.key)


def work_of(case: Case) -> dict[str, object]:
    """All of a case that what is to be done depends on; a forged failure is listed with it, and counted."""
    shown_only = {"id", "bounces", "first_seen", "last_seen"}
    return {each.name: getattr(case, each.name) for each in fields(case) if each.name not in shown_only}
