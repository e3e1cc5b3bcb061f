"""A real terminal on a lab host: the program runs in tmux there, keys go in, the screen comes out as text.

Knows tmux. It must not know what the program shows.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence

from tests.lab import Host

_SOCKET = "/run/tmux-test"


class Terminal:
    """One tmux session of `columns` × `lines`, in which `argv` runs as `user`. Ends with its `with` block."""

    def __init__(
        self,
        host: Host,
        argv: Sequence[str],
        *,
        user: str = "flink",
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._host = host
        self._user = user
        host.exec(f"install -d -o {user} {_SOCKET}")
        pairs = {"LANG": "C.UTF-8", "TERM": "xterm-256color", **(environment or {})}
        command = shlex.join(["env", *(f"{name}={value}" for name, value in pairs.items()), *argv])
        # The exit status stays on the screen, for `ended`.
        self._tmux(
            "new-session", "-d", "-x", str(columns), "-y", str(lines),
            f'{command}; printf "\\nended with status %s\\n" $?; exec cat',
        )  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def screen(self) -> str:
        """What is on the screen now, line by line."""
        return self._tmux("capture-pane", "-p")

    def keys(self, *keys: str) -> None:
        """Press these keys, by tmux's names ("Enter", "F8", "C-c"); others are typed as they are."""
        for key in keys:
            self._tmux("send-keys", key)

    def press(self, key: str, seconds: float = 0.5) -> None:
        """Press a key and wait until the screen has answered it and rests; `seconds` are for a key without an answer."""
        before, until = self.screen(), time.monotonic() + seconds
        self.keys(key)
        seen = [before]
        while (seen[-1] == before and time.monotonic() < until) or seen[-3:] != seen[-1:] * 3:
            seen.append(self.screen())

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def resize(self, columns: int, lines: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def until(self, *texts: str, seconds: float = 30.0) -> str:
        """Wait until every text is on the screen; the screen. AssertionError with the screen when it never is."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            missing = [text for text in texts if text not in screen]
            assert time.monotonic() < deadline, f"{missing} did not appear on:\n{screen}"

    def ended(self, seconds: float = 30.0) -> int:
        """The exit status of the program, once it has ended."""
        screen = self.until("ended with status", seconds=seconds)
        return int(screen.rsplit("ended with status", 1)[1].split()[0])

    def _tmux(self, *words: str) -> str:
        return self._host.exec(
            ["tmux", "-S", f"{_SOCKET}/socket", "-f", "/dev/null", *words], user=self._user, timeout=30
        ).stdout
