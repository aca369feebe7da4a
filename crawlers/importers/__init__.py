"""Files that others saved, made into captures: WARC, WACZ, HAR, HTML, MHTML, lists of addresses."""

from crawlers.importers.files import read_file
from crawlers.importers.records import ImportOptions, ImportRecord

__all__ = ["ImportOptions", "ImportRecord", "read_file"]
