"""The product: settings, the one wiring place, pipeline, supervisor, commands and console."""

VERSION = "1.0"
