"""Reads a file as an import does, for tests of single formats."""

from __future__ import annotations

from pathlib import Path

from crawlers.importers import ImportOptions, ImportRecord, read_file
from crawlers.pages import read
from domain.captures import Capture
from domain.pages import ParsedPage

PAGE = "<html><title>门诊公告</title><p>本周六照常开诊，请携带证件按预约时间前来就诊。</p></html>"
URL = "http://clinic.test/a.html"
NONE = ImportOptions()


def all_of(path: Path, options: ImportOptions = NONE) -> list[ImportRecord]:
    return list(read_file(path, options=options))


def one_of(path: Path, options: ImportOptions = NONE) -> Capture:
    (record,) = all_of(path, options)
    assert record.error is None, record.error
    assert record.capture is not None
    assert record.url == record.capture.url
    return record.capture


def error_of(path: Path, options: ImportOptions = NONE) -> str:
    (record,) = all_of(path, options)
    assert record.capture is None
    assert record.error is not None
    assert path.name in record.error
    return record.error


def title_of(capture: Capture) -> str:
    reading = read(
        body=capture.body,
        url=capture.url,
        headers=capture.headers,
        captured_at=capture.captured_at,
    )
    assert isinstance(reading, ParsedPage), reading
    return reading.title
