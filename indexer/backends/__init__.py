"""The engines behind `domain.ports.SearchIndex`; they answer alike."""
