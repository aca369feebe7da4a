"""How the product watches itself: vital signs, metrics, alarms, and a canary."""
