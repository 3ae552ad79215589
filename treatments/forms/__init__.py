"""The treatment room's and the stock's forms."""
