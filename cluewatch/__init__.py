"""The product: settings, the one wiring place, the pipeline, its supervisor, commands and console."""
