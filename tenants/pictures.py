"""Pictures that somebody brings: believed by their content only, and always drawn anew.

What is kept never holds a byte of what was sent: no metadata, no second file behind the picture, no active content.
"""

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from app.i18n import N_

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 200 * 1024  # bytes of the file
LONGEST, SHORTEST = 4_000, 16  # pixels of a side, as brought
KEPT = (480, 160)  # pixels that a kept logo fills at most
FORMATS = ("PNG", "JPEG")


class NotAPicture(ValueError):
    """What was brought cannot be taken; ``message`` is a msgid."""

    def __init__(self, message: str, **facts: int) -> None:
        self.message, self.facts = message, facts
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn anew as PNG."""

    content: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        """SHA-256 of the file; its address carries it."""
        return hashlib.sha256(self.content).hexdigest()


def redrawn(content: bytes) -> Picture:
    """The picture of a PNG or JPEG file, small enough for the head of a page, as a new PNG.

    Raises:
        NotAPicture: it is too large, too small, or neither PNG nor JPEG whatever its name says.
    """
    if not content:
        raise NotAPicture(N_("Please choose a file."))
    if len(content) > LARGEST:
        raise NotAPicture(N_("The file is larger than %(kilobytes)s KB."), kilobytes=LARGEST // 1024)
    try:
        return _drawn(content)
    except NotAPicture:
        raise
    except Exception:  # a decoder meets anything; whatever it stumbles over is no picture
        raise NotAPicture(N_("This is not a PNG or JPEG picture, or it is damaged.")) from None


def _drawn(content: bytes) -> Picture:
    from PIL import Image, ImageOps  # 5 MB, paid by a worker that is brought a picture

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        found = Image.open(BytesIO(content), formats=FORMATS)
    with found:
        if max(found.size) > LONGEST:  # before a single pixel is unpacked
            raise NotAPicture(N_("No side may be longer than %(most)s pixels."), most=LONGEST)
        if min(found.size) < SHORTEST:
            raise NotAPicture(N_("Each side needs at least %(least)s pixels."), least=SHORTEST)
        found.draft("RGB", KEPT)  # a JPEG is unpacked no larger than needed
        found.load()
        upright = ImageOps.exif_transpose(found)
        pixels = upright.convert("RGBA" if _is_see_through(found) else "RGB")
    pixels.thumbnail(KEPT)
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    return Picture(out.getvalue(), *clean.size)


def _is_see_through(found: "Image.Image") -> bool:
    return found.mode in {"RGBA", "LA", "PA"} or "transparency" in found.info
