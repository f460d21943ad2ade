"""Feeds the parser damaged mails and says what it did not bear.

    python scripts/fuzz.py [--seconds 60] [--seed 1] [--mails FOLDER]

Takes the mails of tests/mails (and of FOLDER), cuts, doubles, swaps and splices them, and asks of each that `parse` and
`kept` do not raise, take at most a second together, and hand out text that can be stored. A mail that fails is written
to the current folder.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from triage.bounces import kept, parse

MAILS = Path(__file__).parents[1] / "tests" / "mails"
LARGEST = 30_000
SECONDS = 1.0

PIECES = [
    b"", b"\n", b"\n\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3", b"--", b"\n--", b"=?utf-8?b?", b"?=",
    b"=", b"=\n", b";", b":", b"<", b">", b"@", b'"', b"\\", b"\\x{D800}", b"(", b"\t", b" ", b"550 ", b"5.1.1",
    b"> ", b"{", b"<a@b.example>", b"Content-Type: multipart/mixed; boundary=B\n", b"Content-Type: message/rfc822\n",
    b"charset=utf-16", b"charset=idna", b"Content-Transfer-Encoding: base64\n", b"Final-Recipient: rfc822;",
    b"Original-Recipient: utf-8;", b"Action: failed\n", b"RCPT TO:<", b"From: ", b"Message-ID: <", b"Date: ", b"SRS0=",
    b"+40", b"\xe2\x80\xae",
]  # fmt: skip


def seeds(*folders: Path) -> list[bytes]:
    raws = [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.eml"))]
    return [raw for raw in raws if 0 < len(raw) <= LARGEST]


def damaged(mails: list[bytes], chance: random.Random) -> bytes:
    """One of the mails after some strokes of bad luck."""
    raw = chance.choice(mails)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
        begin = chance.randrange(len(raw) + 1)
        end = min(len(raw), begin + chance.choice((0, 0, 1, 2, 8, 40, 400)))
        stroke = chance.randrange(8)
        if stroke < 3:
            piece = chance.choice(PIECES)
        elif stroke == 3:
            piece = raw[begin:end] * chance.choice((2, 3, 50))
        elif stroke == 4:
            piece = chance.randbytes(end - begin)
        elif stroke == 5:
            other = chance.choice(mails)
            at = chance.randrange(len(other))
            piece = other[at : at + chance.choice((20, 200, 2_000))]
        elif stroke == 6:
            piece = raw[begin:end].swapcase()
        else:
            lines = raw[begin : begin + 2_000].split(b"\n")
            chance.shuffle(lines)
            piece, end = b"\n".join(lines), min(len(raw), begin + 2_000)
        raw = (raw[:begin] + piece + raw[end:])[: 4 * LARGEST]
    return raw


def texts(value: object) -> Iterator[str]:
    """All strings of a result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def complaint(raw: bytes) -> str:
    """What the parser did wrong with a mail, or ""."""
    try:
        begin = time.process_time()
        bounce = parse(raw)
        stored = kept(raw)
        if (spent := time.process_time() - begin) > SECONDS:
            return f"took {spent:.1f} s"
        for text in texts(bounce):
            text.encode()
        if "unreadable" in bounce.faults:
            return f"unreadable: {bounce.reason.words}"
        if bounce.is_bounce is False and bounce.failures:
            return "failures of what is no bounce"
        if any(not failure.kind.is_bounce or not failure.address.written for failure in bounce.failures):
            return "a failure that is none"
        parse(stored)
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=Path, action="append", default=[], help="another folder of .eml")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - to be had again, not to be secret
    mails = seeds(MAILS, *options.mails)
    count = wrong = 0
    slowest = 0.0
    begin = time.monotonic()
    while (spent := time.monotonic() - begin) < options.seconds:
        raw = damaged(mails, chance)
        started = time.process_time()
        what = complaint(raw)
        slowest = max(slowest, time.process_time() - started)
        count += 1
        if what:
            wrong += 1
            path = Path(f"fuzz-{options.seed}-{count}.eml")
            path.write_bytes(raw)
            print(f"{path}: {what}", file=sys.stderr)
    print(f"{count:,} mails from {len(mails)} in {spent:.0f} s: {wrong} wrong, slowest {slowest * 1000:.0f} ms")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
