"""The treatment room's and the stock's pages."""
