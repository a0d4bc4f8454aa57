"""Text to a checked description and back: a dialect a module, one model behind them."""
