"""How fast bounces are understood, beside others, in one run on one core.

    python benchmarks/parse.py [--corpus FOLDER] [--sisimai PATH] [--seconds N]

Prints mails a second and ratios to ours: `triage.bounces.parse`, flufl.bounce after a compat32 parse (its usual way),
the compat32 parse alone, and Sisimai where a path to it is given. Two sets of mails: plain delivery reports (those
of tests/mails/real) and a folder of mixed ones.
"""

from __future__ import annotations

import argparse
import email
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import triage
from triage.bounces import parse

PLAIN = Path(__file__).parents[1] / "tests" / "mails" / "real"
TURN = 300
"""Mails that a contestant reads in a row, at least: what the one before left in the caches is to count little."""
_BOUNDARY = re.compile(rb'boundary="([^"\n]{5,65})"')
_LOCAL_PART = re.compile(rb"[A-Za-z0-9](?=@[A-Za-z])")

_SISIMAI = """
use strict; use warnings; use Time::HiRes qw(time); use Sisimai;
my ($folder, $seconds) = @ARGV;
my $read = Sisimai->can('rise') || Sisimai->can('make');  # since 5; before
my @files = glob("$folder/*");
my ($n, $from) = (0, time);
do { for my $f (@files) { $read->("Sisimai", $f); $n++ } } while (time - $from < $seconds);
printf "%.1f\\n", $n / (time - $from);
"""


def compat32(raw: bytes) -> None:
    """The standard library's parse alone."""
    email.message_from_bytes(raw)


def flufl(raw: bytes) -> None:
    """flufl.bounce as it is used; what it raises on is counted as understood."""
    from flufl.bounce import all_failures

    try:
        all_failures(email.message_from_bytes(raw))
    except Exception:
        return


def varied(raw: bytes, number: int) -> bytes:
    """The same mail about other people: local parts, left sides of Message-IDs and boundaries end in `number`."""
    for boundary in set(_BOUNDARY.findall(raw)):
        raw = raw.replace(boundary, boundary + b"%d" % number)
    return _LOCAL_PART.sub(rb"\g<0>%d" % number, raw)


def rates(contestants: dict[str, Callable[[bytes], object]], mails: list[bytes], seconds: float) -> dict[str, float]:
    """Mails a second of each, which take turns; the fastest turn counts, for disturbance only slows."""
    best = dict.fromkeys(contestants, 0.0)
    times = -(-TURN // len(mails))
    number, begin = 0, time.perf_counter()
    while number < 3 * times or time.perf_counter() - begin < seconds * len(contestants):
        for name, work in contestants.items():
            other = [varied(raw, number + n) for n in range(times) for raw in mails]
            start = time.perf_counter()
            for raw in other:
                work(raw)
            best[name] = max(best[name], len(other) / (time.perf_counter() - start))
        number += times
    return best


def first_use() -> tuple[float, float]:
    """Milliseconds of the import and of the first mail, the best of some processes."""
    program = (
        "import time; a = time.perf_counter(); from triage.bounces import parse; b = time.perf_counter();"
        f"parse(open({str(PLAIN / 'postfix-unknown550.eml')!r}, 'rb').read());"
        "print((b - a) * 1e3, (time.perf_counter() - b) * 1e3)"
    )
    home = Path(triage.__file__).parents[1]  # the code that was timed above, wherever this is called from
    command = [sys.executable, "-c", program]
    ran = [subprocess.run(command, capture_output=True, text=True, check=True, cwd=home) for _ in range(9)]
    times = [tuple(map(float, done.stdout.split())) for done in ran]
    return min(time[0] for time in times), min(time[1] for time in times)


def library(given: str) -> Path:
    """The folder of Perl modules in which Sisimai lies: a checkout's, an installation's, or the one given itself."""
    path = Path(given)
    for folder in (path / "lib", path / "share" / "perl5", path):
        if (folder / "Sisimai.pm").is_file():
            return folder
    raise argparse.ArgumentTypeError(f"no Sisimai in {path}: neither lib/Sisimai.pm nor Sisimai.pm is there")


def sisimai(modules: Path, mails: list[bytes], seconds: float) -> float:
    """The same mails through Sisimai's Perl, in a process of its own; its start is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        for number, raw in enumerate(mails):
            (Path(folder) / f"{number:05}.eml").write_bytes(raw)
        ran = subprocess.run(
            ["perl", f"-I{modules}", "-e", _SISIMAI, folder, str(seconds)], capture_output=True, text=True, check=False
        )
    if ran.returncode:
        raise SystemExit(f"Sisimai in {modules} does not run: {ran.stderr.strip().partition(chr(10))[0]}")
    return float(ran.stdout)


def report(title: str, mails: list[bytes], seconds: float, modules: Path | None) -> None:
    found = rates({"triage": parse, "flufl.bounce": flufl, "compat32 parse alone": compat32}, mails, seconds)
    if modules:
        found["Sisimai"] = sisimai(modules, mails, seconds)
    print(f"{title}: {len(mails)} mails, {sum(map(len, mails)) / len(mails) / 1000:.1f} kB each")
    for name, rate in found.items():
        print(f"  {name:<22} {rate:>9,.0f} mails/s   triage is {found['triage'] / rate:5.2f} times as fast")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder of mixed .eml")
    parser.add_argument(
        "--sisimai", type=library, metavar="PATH", help="a checkout of Sisimai, or its folder of modules"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure")
    options = parser.parse_args()
    sets = {"plain reports": PLAIN}
    if options.corpus:
        sets["mixed"] = options.corpus
    for title, folder in sets.items():
        mails = [path.read_bytes() for path in sorted(folder.rglob("*.eml"))]
        if not mails:
            print(f"no mails in {folder}", file=sys.stderr)
            return 1
        report(title, mails, options.seconds, options.sisimai)
    print("import {:.0f} ms, first mail {:.0f} ms".format(*first_use()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
