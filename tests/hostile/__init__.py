"""Bytes of strangers: damaged, crafted, endless."""
