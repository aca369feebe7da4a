"""Local accounts: passwords (argon2), sessions that can be revoked, lock-out, roles."""
