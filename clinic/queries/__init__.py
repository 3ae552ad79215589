"""What the building's pages read."""
