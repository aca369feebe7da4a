"""SQL engines, transactions, leases and migrations. Knows no table of anyone's."""
