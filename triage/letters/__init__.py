"""What we write: a request becomes the subject and text of one letter. Pure; the templates are files."""

from triage.letters.composing import compose
from triage.letters.greeting import greeting
from triage.letters.request import Draft, Request, RequestItem

__all__ = ["Draft", "Request", "RequestItem", "compose", "greeting"]
