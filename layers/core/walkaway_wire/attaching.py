"""What can be attached to a message, and how large it may be."""

import re
from typing import Final

MOST: Final = 20
IMAGE_BYTES, PDF_BYTES, TEXT_BYTES = 5_000_000, 20_000_000, 1_000_000
"""What one may have; the service takes images up to 5 MB, requests up to 32 MB (Messages API, vision; PDF support)."""
ALL_BYTES: Final = 20_000_000
PDF: Final = "application/pdf"
IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")

NO_TEXT: Final = re.compile(r"(image/(?!svg\+xml$)|audio/|video/|font/|application/(zip|gzip)$)")
"""Types that are no text, whatever their bytes look like."""


def most_bytes(media_type: str) -> int:
    """Say how many bytes one of this type may have; 0: it cannot be attached."""
    if media_type in IMAGES:
        return IMAGE_BYTES
    if media_type == PDF:
        return PDF_BYTES
    return 0 if NO_TEXT.match(media_type) else TEXT_BYTES
