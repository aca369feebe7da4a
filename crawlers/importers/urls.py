"""Lists of addresses from analysts and complaints: text, CSV and XLSX."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from crawlers.canonical import split
from crawlers.importers.records import ImportRecord
from language.charset import to_text

_MAX_ROWS = 100_000
_MAX_CELLS = 200
_ADDRESS = re.compile(r"https?://[^\s\"'<>，。；、（）\u4e00-\u9fff]+", re.IGNORECASE)
_BARE = re.compile(r"\A(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:/\S*)?\Z", re.ASCII)


def read_text(path: Path) -> Iterator[ImportRecord]:
    """Addresses in a text or CSV file, each row's every address; a row of none is an error."""
    text, _, _ = to_text(path.read_bytes())
    yield from _rows(csv.reader(text.splitlines()), path.name)


def read_xlsx(path: Path) -> Iterator[ImportRecord]:
    """Addresses in the cells of every sheet; a workbook that breaks off ends with an error."""
    with path.open("rb") as stream:
        try:
            book = load_workbook(stream, read_only=True, data_only=True)
            for sheet in book.worksheets:
                rows = (
                    [str(cell) for cell in row if cell is not None]
                    for row in sheet.iter_rows(values_only=True, max_col=_MAX_CELLS)
                )
                yield from _rows(rows, f"{path.name} {sheet.title}")
            book.close()
        except (KeyError, ValueError, OSError, zipfile.BadZipFile, ParseError) as error:
            yield ImportRecord(record=path.name, error=f"{path.name}：电子表格损坏（{error}）")


def _rows(rows: Iterable[list[str]], place: str) -> Iterator[ImportRecord]:
    for number, row in enumerate(rows, start=1):
        if number > _MAX_ROWS:
            yield ImportRecord(record=place, error=f"{place}：超过 {_MAX_ROWS} 行，其余未读")
            return
        cells = [cell.strip() for cell in row[:_MAX_CELLS] if cell.strip()]
        if cells and not cells[0].startswith("#"):
            yield from _row(cells, f"{place} 第 {number} 行", is_first=number == 1)


def _row(cells: list[str], place: str, *, is_first: bool) -> Iterator[ImportRecord]:
    addresses = [url for cell in cells for url in _ADDRESS.findall(cell)]
    if not addresses and _BARE.match(cells[0]):
        addresses = [f"http://{cells[0]}"]
    usable = [url for url in dict.fromkeys(addresses) if split(url) is not None]
    if not usable and not is_first:
        yield ImportRecord(record=place, error=f"{place}：没有可用的网址（{cells[0][:60]}）")
    yield from (ImportRecord(record=place, url=url, request=True) for url in usable)
