"""The plans: which operations, in which order, make a desired cluster true. A list is the architecture."""
