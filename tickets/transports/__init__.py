"""Ways to hand a package to an office (domain.ports.Transport)."""
