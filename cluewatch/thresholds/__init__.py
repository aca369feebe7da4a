"""Thresholds that outcomes propose and people approve; the policy reads the approved ones."""
