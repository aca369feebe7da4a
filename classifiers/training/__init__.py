"""Training of the shipped weights; nothing of it is imported when pages are judged."""
