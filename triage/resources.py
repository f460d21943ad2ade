"""The one place that finds templates/ and data/.

They stand at the top of the repository; a wheel carries them inside the package (pyproject.toml, force-include).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def data(*names: str) -> Path:
    """The path of a file or folder below data/."""
    return _folder("data").joinpath(*names)


def templates() -> Path:
    """The folder of the letters' templates."""
    return _folder("templates")
