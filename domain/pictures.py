"""What stands in a picture: its words and codes, and where."""

from __future__ import annotations

from attrs import frozen

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the picture as it was sent, from its upper left."""


@frozen(kw_only=True)
class PicturePlace:
    """Where in which picture a piece of text stands.

    `file` is the digest of the picture's bytes ("sha256:" + hex, content coding undone),
    `snapshot_id` the capture that keeps them, `url` the address that they came from; `size` is
    width and height of the whole picture.
    """

    file: str
    snapshot_id: str
    url: str
    size: tuple[int, int]
    box: Box


@frozen(kw_only=True)
class PictureLook:
    """A picture at a glance. `likeness` is its perceptual hash (64 bits, hexadecimal).

    `refusal` says why it is not worth reading, "" when it is.
    """

    width: int
    height: int
    likeness: str
    refusal: str = ""


@frozen(kw_only=True)
class PictureText:
    """A paragraph in a picture; `score` in [0, 1] is that of its least certain line."""

    text: str
    box: Box
    score: float


@frozen(kw_only=True)
class PictureCode:
    """A QR code and what it says."""

    text: str
    box: Box


@frozen(kw_only=True)
class PictureReading:
    """All that can be read in one picture, from top to bottom."""

    words: tuple[PictureText, ...] = ()
    codes: tuple[PictureCode, ...] = ()
