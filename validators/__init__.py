"""Judging: whether a typed value is one, and whether facts fit what is wanted.

Pure functions over values, spec and facts. Nothing here reads from a host, and nothing changes one.
"""
