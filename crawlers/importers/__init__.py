"""Files that others saved or handed over, made into captures and addresses to visit."""

from crawlers.importers.files import read_file
from crawlers.importers.records import ImportOptions, ImportRecord
from crawlers.importers.sheet_results import write_results

__all__ = ["ImportOptions", "ImportRecord", "read_file", "write_results"]
