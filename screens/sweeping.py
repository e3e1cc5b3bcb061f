"""When garbage is looked for: between two keys, for it holds up every thread for as long as it takes.

Python itself looks whenever enough was made, also while a key is on its way to the screen. Knows how much was made and
when the last key came. It must not know what was made.
"""

from __future__ import annotations

import gc

from wizard.keysfirst import KeysFirst

THRESHOLDS = (20_000, 20, 20)
"""As in `gc.set_threshold`: objects after which the youngest are looked through, and how many such looks, or looks of
the second kind, bring about one of the next kind."""

PAUSES = (0.06, 1.0, 3.0)
"""Seconds without a key that such a look waits for: the first takes some hundredths of a second, the last the more the
longer the wizard is used."""

OVERDUE = 25
"""How many times its threshold a look is waited for at most: memory is bounded too."""


def keep_loaded() -> None:
    """What is loaded by now stays and is never looked through; from now on `sweep` looks, and nobody else."""
    gc.freeze()
    gc.disable()


def sweep(keys: KeysFirst) -> int | None:
    """Look for garbage where enough was made and no key is near; the generation, None where it was not looked."""
    counts = gc.get_count()
    for generation in (2, 1, 0):
        count, threshold = counts[generation], THRESHOLDS[generation]
        if count > threshold and (keys.quiet > PAUSES[generation] or count > OVERDUE * threshold):
            gc.collect(generation)
            return generation
    return None
