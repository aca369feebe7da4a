"""The same homes as the product's own tests have."""

from tests.cluewatch.conftest import services

__all__ = ["services"]
