"""What holds for every test: no law depends on how fast this machine is."""

from hypothesis import settings

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")
