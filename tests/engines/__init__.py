"""The real servers that tests run against: given by URL, else started here and thrown away."""
