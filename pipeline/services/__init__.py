"""Services that commands call beside the cycle: check a feed, discover feeds, extract kept pages again."""
