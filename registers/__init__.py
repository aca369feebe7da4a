"""What the authorities' registers say: institutions, their licences and departments."""
