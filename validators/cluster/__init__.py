"""Checks of a cluster that is there: each looks at what was observed and says what is wrong, and what mends it."""
