"""ZIP packages of files, as platforms hand them over, with or without a list of digests."""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from attrs import evolve

from crawlers.importers.records import ImportRecord
from domain.errors import PermanentError
from language.charset import to_text

MAX_UNPACKED = 512 * 1024 * 1024
_MAX_MEMBER = 128 * 1024 * 1024
_MAX_MEMBERS = 10_000
_MAX_RATIO = 300
_RATIO_FREE = 1024 * 1024
_STEP = 1024 * 1024
_DIGESTS = re.compile(r"(?:\A|/)(?:sha256sums?(?:\.txt)?|manifest-sha256\.txt)\Z", re.IGNORECASE)
_DIGEST_LINE = re.compile(r"\A\s*([0-9a-fA-F]{64})\s+\*?(\S.*?)\s*\Z")
UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError,
                  RuntimeError, EOFError)  # fmt: skip
"""What `zipfile` raises for damaged, encrypted or unknown data."""
Read = Callable[[Path], Iterator[ImportRecord]]


def read_package(path: Path, read: Read) -> Iterator[ImportRecord]:
    """What `read` makes of each file of a ZIP, unpacked one at a time into a folder of our own.

    Names that lead out of the package, encrypted members, bombs and files that differ from the
    package's list of SHA-256 digests are errors of their own; the other files are read.
    """
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            yield from _members(archive, path.name, Path(folder), read)
    except UNREADABLE_ZIP as error:
        yield ImportRecord(record=path.name, error=f"{path.name}：压缩包损坏（{error}）")


def check_size(members: list[zipfile.ZipInfo], *, name: str) -> None:
    """Raise PermanentError for a package that claims to be larger than may be unpacked."""
    if len(members) > _MAX_MEMBERS:
        raise PermanentError(f"压缩包内文件过多（上限 {_MAX_MEMBERS}）", at=name)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise PermanentError("压缩包解压后过大，疑似压缩炸弹", at=name)


def _members(
    archive: zipfile.ZipFile, name: str, folder: Path, read: Read
) -> Iterator[ImportRecord]:
    files = [member for member in archive.infolist() if not member.is_dir()]
    lists = [member for member in files if _DIGESTS.search(member.filename)]
    digests = {k: v for one in lists for k, v in _digests(_unpacked(archive, one)).items()}
    for member in files:
        if member in lists:
            continue
        place = f"{name} {member.filename[:200]}"
        try:
            data = _checked(archive, member, digests)
        except (PermanentError, *UNREADABLE_ZIP) as error:
            yield ImportRecord(record=place, error=f"{place}：{error}")
            continue
        target = folder / (PurePosixPath(member.filename).name[-100:] or "file")
        target.write_bytes(data)
        for record in read(target):
            said = f"{name} {record.error}" if record.error else None
            yield evolve(record, record=f"{name} {record.record}", error=said)
        target.unlink()
    if len(files) == len(lists):
        yield ImportRecord(record=name, error=f"{name}：压缩包里没有可导入的文件")


def _checked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, digests: Mapping[str, str]
) -> bytes:
    written = member.filename.replace("\\", "/")
    if written.startswith("/") or ":" in written or ".." in PurePosixPath(written).parts:
        raise PermanentError("文件名指向压缩包之外，拒绝读取")
    data = _unpacked(archive, member)
    if digests and digests.get(written) != hashlib.sha256(data).hexdigest():
        raise PermanentError("与随附的 SHA-256 清单不符" if written in digests else "不在清单中")
    return data


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    most = min(_MAX_MEMBER, max(_RATIO_FREE, member.compress_size * _MAX_RATIO))
    data = bytearray()
    with archive.open(member) as stream:
        while piece := stream.read(_STEP):
            data += piece
            if len(data) > most:
                raise PermanentError("解压后过大，疑似压缩炸弹")
    return bytes(data)


def _digests(data: bytes) -> dict[str, str]:
    text, _, _ = to_text(data)
    found = (_DIGEST_LINE.match(line) for line in text.splitlines())
    return {one[2].replace("\\", "/"): one[1].lower() for one in found if one}
