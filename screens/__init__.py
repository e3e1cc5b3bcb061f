"""Showing and asking: the Textual app and the plain front end, over the same steps and the same events.

Everything a screen knows comes through the session. Nothing here decides, reads a host or changes one.
"""
