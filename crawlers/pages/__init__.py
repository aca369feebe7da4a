"""What pages say: pure functions from bytes to readings and links. No network, no store."""

from crawlers.pages.navigation import navigation, script_links
from crawlers.pages.reading import read

__all__ = ["navigation", "read", "script_links"]
