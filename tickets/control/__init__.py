"""From outcome to control: risk warnings, campaigns, figures, returns key matters."""
