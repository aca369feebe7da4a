"""How commands get their collaborators."""

from __future__ import annotations

from cluewatch.bootstrap import Services
from cluewatch.settings import load_settings


def open_services() -> Services:
    """Validated settings and an up-to-date schema. Raises ConfigError or PermanentError."""
    services = Services(load_settings())
    services.prepare()
    return services
