"""How commands get their collaborators."""

from __future__ import annotations

from cluewatch import logs
from cluewatch.bootstrap import Services
from cluewatch.settings import load_settings


def open_services() -> Services:
    """Validated settings and an up-to-date schema. Raises ConfigError or PermanentError."""
    settings = load_settings()
    logs.speak(settings.logs)
    services = Services(settings)
    services.prepare()
    return services
