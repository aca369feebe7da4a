"""The JSON API under /api/v1: bearer tokens with scopes, described by its OpenAPI document."""
