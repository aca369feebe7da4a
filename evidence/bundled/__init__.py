"""Files that go into every bundle as they are: the offline verifier and the index page."""
