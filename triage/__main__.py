"""`triage` and `python -m triage`."""

from __future__ import annotations

import sys

from triage import lang


def main() -> None:
    """Choose the language before the commands are defined: their help is in it, too."""
    lang.use(_asked_for(sys.argv) or lang.from_environment())
    from triage.cli import run

    sys.exit(run())


def _asked_for(argv: list[str]) -> str:
    """The value of --lang, wherever it stands."""
    for i, word in enumerate(argv):
        if word == "--lang" and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return ""


if __name__ == "__main__":
    main()
