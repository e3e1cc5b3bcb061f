"""Checks before an install: each looks at what was observed and says what stands in the way."""
