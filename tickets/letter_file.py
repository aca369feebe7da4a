"""Writing official letters as DOCX: Chinese fonts, hostile text made harmless, the same bytes
for the same content."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from typing import IO

from docx import Document as new_document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt
from docx.styles.style import CharacterStyle
from docx.text.run import Run

from tickets.calendar import CHINA

BODY_FONT = "仿宋"
HEAD_FONT = "黑体"
_TEXT_LIMIT = 1000
_LATIN_FONT = "Times New Roman"
_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
# What XML cannot hold, and controls that reorder or hide the text that a reader sees.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text with U+FFFD for every character that is unsafe to print; its length stays."""
    return _UNSAFE.sub("\ufffd", text)


def moment(at: datetime) -> str:
    """A moment in China's time, as letters print it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}（北京时间）"


def cut(text: str) -> str:
    """Text of a length that a table can hold; what is longer says so."""
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}……（节略，全文见证据包）"


class Letter:
    """A letter that grows from top to bottom; `base` is a DOCX with the office's own letterhead."""

    def __init__(
        self, *, title: str, author: str, at: datetime, base: IO[bytes] | None = None
    ) -> None:
        self._document = new_document(base)
        moment = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        properties = self._document.core_properties
        properties.author = printable(author)
        properties.title = printable(title)
        properties.comments = ""
        properties.created = properties.modified = moment
        normal = self._document.styles["Normal"]
        _set_font(normal, BODY_FONT, size=12)
        # Hundreds of cells share these; making them anew for each would double the time.
        self._cell_font = self._font_element(BODY_FONT)
        self._name_font = self._font_element(HEAD_FONT)
        for section in self._document.sections:
            section.left_margin = section.right_margin = Cm(2.6)
        self.title(title)

    def title(self, text: str) -> None:
        """A centred title."""
        paragraph = self._document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _set_font(paragraph.add_run(printable(text)), HEAD_FONT, size=22)

    def heading(self, text: str) -> None:
        """The heading of a part."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(10)
        _set_font(paragraph.add_run(printable(text)), HEAD_FONT, size=14)

    def paragraph(self, text: str) -> None:
        """One paragraph."""
        self._document.add_paragraph(printable(text))

    def fields(self, pairs: Iterable[tuple[str, str]]) -> None:
        """A table of names and values."""
        self._table((), [list(pair) for pair in pairs], widths=(3.6, 12.2))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]
    ) -> None:
        """A table with a head; `widths` in centimetres."""
        self._table(head, rows, widths)

    def page_break(self) -> None:
        """Continue on a new page."""
        self._document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def to_bytes(self) -> bytes:
        """The file. Members are in a fixed order and carry no time, so equal letters are equal."""
        raw = BytesIO()
        self._document.save(raw)
        result = BytesIO()
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(result, "w") as target:
            for name in sorted(source.namelist()):  # [Content_Types].xml sorts first, as it must
                member = zipfile.ZipInfo(name, date_time=_FIRST_ZIP_DAY)
                member.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(member, source.read(name))
        return result.getvalue()

    def _font_element(self, font: str) -> BaseOxmlElement:
        paragraph = self._document.add_paragraph()
        run = paragraph.add_run()
        _set_font(run, font, size=10.5)
        paragraph._element.getparent().remove(paragraph._element)
        return run.element.get_or_add_rPr()

    def _table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]
    ) -> None:
        table = self._document.add_table(rows=0, cols=len(widths), style="Table Grid")
        for row in ([head] if head else []) + list(rows):
            cells = table.add_row().cells
            for place, (cell, text) in enumerate(zip(cells, row, strict=True)):
                cell.width = Cm(widths[place])
                run = cell.paragraphs[0].add_run(printable(text))
                is_name = row is head or (not head and place == 0)
                run.element.insert(0, deepcopy(self._name_font if is_name else self._cell_font))
        self._document.add_paragraph()


def _set_font(target: Run | CharacterStyle, east_asian: str, *, size: float) -> None:
    target.font.name = _LATIN_FONT
    target.font.size = Pt(size)
    # python-docx sets only the Latin font; Word takes Chinese characters from w:eastAsia.
    target.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)
