"""Jinja templates of the hosts' pages, one family per layout."""
