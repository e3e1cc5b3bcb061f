"""Measurements of the wizard beside other ways of doing the same work; README.md says how to run them.

Knows lab hosts, the product and its competitors. Nothing in the product or its tests may import this.
"""
