"""Keys one after another: what is typed right after a key that moves the focus lands where the focus has gone.

Textual hands a key on as soon as it is read, though the one before may still be on its way through the widgets. Here a
key waits until that has gone all the way up. It must not know what any key does.
"""

from __future__ import annotations

import time
from collections import deque

from textual.app import App
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.widget import Widget

from wizard.keysfirst import KEYS

ROUNDS = 3
"""How often the way up is gone behind a key: one to handle it, the others for what widgets say to each other then."""

LOOKS = 0.05
"""Seconds after which it is looked whether the widget that a key went to is still there."""

PATIENCE = 0.5
"""Seconds after which the next key is handed on in any case."""


class Behind(Message, bubble=True, verbose=True):
    """Goes up behind a key, through the same queues."""

    def __init__(self, number: int, origin: Widget, left: int) -> None:
        super().__init__()
        self.number, self.origin, self.left = number, origin, left


class InTurn(App[int]):
    """An application that takes one key after another."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Key | Paste] = deque()
        self._number = 0
        self._until = 0.0

    async def on_event(self, event: Event) -> None:
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        else:
            KEYS.begin()
            if self._until > time.monotonic() or self._waiting:
                self._waiting.append(event)
            else:
                await self._hand_on(event)
                self._shown()

    async def on_behind(self, event: Behind) -> None:
        event.stop()
        if event.number != self._number:
            return
        if event.left and event.origin.post_message(Behind(event.number, event.origin, event.left - 1)):
            return
        await self._go_on()

    async def _hand_on(self, event: Key | Paste) -> None:
        origin = self.focused or self.screen
        self._number += 1
        number = self._number
        await super().on_event(event)
        if event.is_forwarded and origin.post_message(Behind(number, origin, ROUNDS - 1)):
            self._until = time.monotonic() + PATIENCE
            self.set_timer(LOOKS, lambda: self._late(number, origin))

    async def _late(self, number: int, origin: Widget) -> None:
        """A widget that its own key took away says nothing more."""
        if number != self._number or not self._until:
            return
        if origin.is_attached and time.monotonic() < self._until:
            self.set_timer(LOOKS, lambda: self._late(number, origin))
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        self._until = 0.0
        while self._waiting and not self._until:
            await self._hand_on(self._waiting.popleft())
        self._shown()

    def _shown(self) -> None:
        """Once no key is on its way any more, and the screen is drawn, others may compute again."""
        if not self._until and not self._waiting:
            self.call_after_refresh(KEYS.end)
