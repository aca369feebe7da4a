"""The members of a seal that show a page, under their fixed names."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence

from domain.rendering import Picture, RenderedPage, Visit
from evidence import content, seal_manifest
from evidence.reader import StoredPayload
from evidence.seal_files import MASKED_PICTURE, SealFolder

_EXTENSIONS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "application/json": "json",
    "text/plain": "txt",
}
_PACKED = {"gzip": ".gz", "x-gzip": ".gz", "br": ".br", "deflate": ".zz"}


def put_read_pictures(folder: SealFolder, payloads: Sequence[StoredPayload]) -> None:
    """The pictures in which words were read, as they came, with where each came from."""
    index = []
    for number, payload in enumerate(payloads, 1):
        media = content.media_type(payload.headers)
        name = f"read-{number:03d}.{_EXTENSIONS.get(media, 'bin')}"
        body = content.decoded(payload.body, payload.headers)
        added = folder.add(name, media or "application/octet-stream", (body,))
        kept = payload.snapshot
        index.append({"name": name, "url": kept.url, "snapshot": kept.id, "sha256": added.sha256})
    if index:
        written = seal_manifest.as_json({"files": index})
        folder.add("read-pictures.json", "application/json", (written,))


def put_page(folder: SealFolder, page: RenderedPage, mask: Callable[[str], str]) -> None:
    """Everything that the browser delivered, each part in a file of its own; `masked.*` may be
    shown to whoever may see the clue."""
    folder.add("environment.json", "application/json", (seal_manifest.environment(page),))
    folder.add("rendered.html", "text/html; charset=utf-8", (page.html,))
    folder.add("text.txt", "text/plain; charset=utf-8", (page.text.encode("utf-8", "replace"),))
    folder.add("masked.txt", "text/plain; charset=utf-8", (mask(page.text).encode(),))
    folder.add(MASKED_PICTURE, "image/png", (page.masked,))
    folder.add("page.mhtml", "multipart/related", (page.mhtml,))
    folder.add("screenshot.png", "image/png", (page.screenshot,))
    for number, tile in enumerate(page.tiles, 1):
        folder.add(f"tile-{number:02d}.png", "image/png", (tile,))
    _put_pictures(folder, page.pictures)
    if page.visit is not None:
        _put_visit(folder, page.visit, page.final_url)


def _put_pictures(folder: SealFolder, pictures: Sequence[Picture]) -> None:
    index = []
    for number, picture in enumerate(pictures, 1):
        name = f"picture-{number:03d}.{_EXTENSIONS.get(picture.media_type, 'bin')}"
        folder.add(name, picture.media_type, (picture.body,))
        index.append({"name": name, "url": picture.url})
    if index:
        folder.add("pictures.json", "application/json", (seal_manifest.as_json({"files": index}),))


def _put_visit(folder: SealFolder, visit: Visit, final_url: str) -> None:
    folder.add("visit.json", "application/json", (seal_manifest.way(visit, final_url),))
    if visit.tls is not None and visit.tls.certificates:
        chain = "".join(map(ssl.DER_cert_to_PEM_cert, visit.tls.certificates))
        folder.add("certificates.pem", "application/x-pem-file", (chain.encode(),))


def raw_name(payload: StoredPayload) -> str:
    """The name under which a payload is sealed as it came, content coding and all."""
    extension = _EXTENSIONS.get(content.media_type(payload.headers), "bin")
    name = content.coding(payload.headers)
    return f"raw.{extension}{_PACKED.get(name, '.coded') if name else ''}"
