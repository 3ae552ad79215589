"""The building's pages."""
