"""The numbers of a range of days as files: Markdown for people, CSV for a spreadsheet, JSON for programs. Pure."""

from triage.summary.csv_file import csv_text
from triage.summary.json_object import as_json
from triage.summary.markdown_file import markdown

__all__ = ["as_json", "csv_text", "markdown"]
