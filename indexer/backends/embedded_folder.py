"""The folder of an embedded index: generations, which of them answers, and taking turns to write.

`current` names the generation that answers, `next` the one that a rebuild is filling.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import tantivy

from domain.errors import PermanentError, RetryableError
from domain.ports import Segmenter
from domain.queries import SearchDocument
from indexer.backends.embedded_queries import SCHEMA, TOKENS, row, with_ids

LAYOUT = "documents-v2"
"""What generations are called; a changed schema takes a new name and is filled by a rebuild."""

_HEAP = 64_000_000
_FIRST = f"{LAYOUT}-1"


class Generation:
    """One tantivy index. Its writers take turns by the lock of the folder."""

    def __init__(self, directory: Path, segmenter: Segmenter) -> None:
        self._directory = directory
        self._segmenter = segmenter
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(SCHEMA, path=str(directory))
        except (OSError, ValueError) as error:
            raise PermanentError(
                f"检索索引打不开（{error}）；请删除该文件夹，再运行 cluewatch index rebuild",
                at=str(directory),
            ) from error
        whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(TOKENS, whitespace)

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._directory.name

    def searcher(self) -> tantivy.Searcher:
        """The content at this moment, unchanged by later writing."""
        self._index.reload()
        return self._index.searcher()

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id."""
        with self.writer() as writer:
            for document in documents:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(row(self._segmenter, document))

    def add_missing(self, documents: Sequence[SearchDocument]) -> None:
        """Add those whose ids are not there; what is there is newer than they are."""
        searcher = self.searcher()
        hits = searcher.search(with_ids([one.id for one in documents]), limit=len(documents)).hits
        known = {searcher.doc(address)["id"][0] for _, address in hits}
        self.add(one for one in documents if one.id not in known)

    @contextmanager
    def writer(self) -> Iterator[tantivy.IndexWriter]:
        """A writer for one batch. Raises RetryableError: then nothing of the batch is kept."""
        try:
            writer = self._index.writer(_HEAP, 1)
        except ValueError as error:
            raise RetryableError(
                "检索索引正由另一个程序写入，请稍后再试", at=str(self._directory)
            ) from error
        try:
            yield writer
            writer.commit()
        except ValueError as error:  # all that tantivy raises, most often for a full disk
            raise RetryableError(f"检索索引写不进去：{error}", at=str(self._directory)) from error
        except BaseException:
            writer.rollback()
            raise
        finally:
            # Gives tantivy's own lock back, too. A writer that broke says so once more; a merge
            # that failed leaves the segments as they were.
            with suppress(ValueError):
                writer.wait_merging_threads()


class IndexFolder:
    """The generations under `directory`."""

    def __init__(self, directory: Path, segmenter: Segmenter) -> None:
        self._directory = directory
        self._segmenter = segmenter
        self._opened: Generation | None = None

    def current(self) -> Generation:
        """The generation that answers; an empty one where there is none."""
        while True:
            name = self._named("current") or _FIRST
            if self._opened is not None and self._opened.name == name:
                return self._opened
            opened = Generation(self._directory / name, self._segmenter)
            if (self._named("current") or _FIRST) == name:  # else a rebuild was quicker
                self._opened = opened
                return opened

    @contextmanager
    def writing(self) -> Iterator[tuple[Generation, ...]]:
        """Alone at writing: the generations that have to hold whatever is written."""
        with self._locked("write.lock"):
            current, building = self.current(), self._named("next")
            if building in (None, current.name):
                yield (current,)
            else:
                yield current, Generation(self._directory / str(building), self._segmenter)

    @contextmanager
    def rebuilding(self) -> Iterator[Generation]:
        """An empty generation to be filled; it becomes the current one at the end of the block."""
        with self._locked("rebuild.lock"):
            building = self._begun()
            try:
                yield building
                with self.writing() as (old, _):
                    self._name("current", building.name)
                    self._opened = building
                    shutil.rmtree(self._directory / old.name)
            finally:
                (self._directory / "next").unlink()

    def _begun(self) -> Generation:
        with self._locked("write.lock"):
            old = self.current().name
            for leftover in self._directory.glob("documents-v*"):
                if leftover.name != old:
                    shutil.rmtree(leftover)
            name = f"{LAYOUT}-{int(old.rpartition('-')[2]) + 1}"
            building = Generation(self._directory / name, self._segmenter)
            self._name("next", name)
            return building

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Waits for its turn; the system gives the lock of a dead process back."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _named(self, pointer: str) -> str | None:
        try:
            name = (self._directory / pointer).read_text().strip()
        except FileNotFoundError:
            return None
        return name if name.startswith(f"{LAYOUT}-") else None

    def _name(self, pointer: str, name: str) -> None:
        """Whole or not at all."""
        fresh = self._directory / f".{pointer}"
        fresh.write_text(name)
        fresh.replace(self._directory / pointer)
