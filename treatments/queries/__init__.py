"""What the treatment room's, the stock's and the manager's pages read."""
