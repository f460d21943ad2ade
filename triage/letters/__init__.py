"""What we write: a request becomes subject and text of one letter, and a text is known again. Templates are files."""

from triage.letters.composing import compose
from triage.letters.greeting import greeting
from triage.letters.recognising import Recognised, addresses, marks, only_quotes, recognise
from triage.letters.request import Draft, Request, RequestItem

__all__ = [
    "Draft",
    "Recognised",
    "Request",
    "RequestItem",
    "addresses",
    "compose",
    "greeting",
    "marks",
    "only_quotes",
    "recognise",
]
