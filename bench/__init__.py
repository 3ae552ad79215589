"""Figures: how quick the product is, measured over HTTP on a clinic with years of history."""
