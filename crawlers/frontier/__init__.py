"""The frontier: which page of which host is looked at when, and why. Truth is kept elsewhere."""
