"""The desk's pure decisions."""
