"""Two calm themes: slate with one blue, and paper for bright rooms. Amber marks, red stops; nothing else is loud."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="triage-dark",
    primary="#7aa9c9",
    secondary="#8f9bb3",
    accent="#e3b25f",
    warning="#d7a24a",
    error="#dc7470",
    success="#84b78c",
    foreground="#ccd3dc",
    background="#14181d",
    surface="#1a1f26",
    panel="#222932",
    dark=True,
    variables={
        "quiet": "#7f8b99",
        "rule": "#303945",
        "cursor": "#2b3d4d",
        "cursor-blurred": "#242c36",
        "footer-key-foreground": "#e3b25f",
        "footer-background": "#1a1f26",
        "scrollbar": "#303945",
        "scrollbar-background": "#14181d",
    },
)

LIGHT = Theme(
    name="triage-light",
    primary="#1f5f8b",
    secondary="#55606e",
    accent="#96600a",
    warning="#96600a",
    error="#b3362f",
    success="#2f7a44",
    foreground="#20262d",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e7e4dc",
    dark=False,
    variables={
        "quiet": "#69727d",
        "rule": "#cfcbc0",
        "cursor": "#cfe0ec",
        "cursor-blurred": "#e2e4e2",
        "footer-key-foreground": "#96600a",
        "footer-background": "#f2f0ea",
        "scrollbar": "#cfcbc0",
        "scrollbar-background": "#fbfaf7",
    },
)
