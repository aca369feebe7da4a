"""Search: the query language, what enters the index, the backends and the highlighter."""
