"""Readers of the directory: authors, protocols, recipients and deliveries, whatever they lie in, become rows or
rejections. Nothing is kept here; the store does that.

source     which table stands in which file, sheet or database table     tables     their columns; text to rows
csv_file, json_file, workbook, database     what is in one of these, as records of text     reading     batches of rows
"""

from triage.directory.reading import Batch, batches, open_source, read
from triage.directory.source import Source

__all__ = ["Batch", "Source", "batches", "open_source", "read"]
