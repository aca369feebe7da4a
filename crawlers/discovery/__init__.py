"""New sources: what points to them, and the queue in which a person decides."""
