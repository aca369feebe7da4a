"""Append-only truth of what was seen: WARC files, hash-chained ledger, outbox, seals, bundles."""
