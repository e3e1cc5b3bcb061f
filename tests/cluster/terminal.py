"""A real terminal on a lab host: the program runs in tmux there, keys go in, the screen comes out as text.

Knows tmux. It must not know what the program shows.
"""

from __future__ import annotations

import itertools
import shlex
import time
from collections.abc import Mapping, Sequence

from tests.lab import Host

_SOCKET = "/run/tmux-test"
_NUMBERS = itertools.count(1)


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
        # One server each: one that is still going away must not be met by the next.
        self._socket = f"{_SOCKET}/{next(_NUMBERS)}"
        host.exec(f"install -d -o {user} {_SOCKET}")
        pairs = {"LANG": "C.UTF-8", "TERM": "xterm-256color", **(environment or {})}
        command = shlex.join(["env", *(f"{name}={value}" for name, value in pairs.items()), *argv])
        # The exit status stays on the screen, for `ended`.
        self._tmux(
            "start-server", ";", "set-option", "-g", "history-limit", "20000", ";",
            "new-session", "-d", "-x", str(columns), "-y", str(lines),
            f'{command}; printf "\\nended with status %s\\n" $?; exec cat',
        )  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._host.exec(["tmux", "-S", self._socket, "kill-server"], user=self._user, check=False)

    def screen(self) -> str:
        """What is on the screen now, line by line."""
        return self._tmux("capture-pane", "-p")

    def history(self) -> str:
        """Every line since the beginning; one that is longer than the screen is wide is one line."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-")

    def coloured(self) -> str:
        """The screen with the escapes of its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def keys(self, *keys: str) -> None:
        """Press these keys, by tmux's names ("Enter", "F8", "C-c"); others are typed as they are."""
        for key in keys:
            self._tmux("send-keys", key)

    def press(self, key: str, seconds: float = 0.5) -> None:
        """Press a key and wait until the screen has answered it and rests; `seconds` are for a key without an answer."""
        before, until = self.coloured(), time.monotonic() + seconds
        self.keys(key)
        seen = [before]
        while (seen[-1] == before and time.monotonic() < until) or seen[-3:] != seen[-1:] * 3:
            seen.append(self.coloured())

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

    def gone(self, text: str, seconds: float = 30.0) -> None:
        """Wait until this is not on the screen any more."""
        deadline = time.monotonic() + seconds
        while text in (screen := self.screen()):
            assert time.monotonic() < deadline, f"{text!r} stays on:\n{screen}"

    def ended(self, seconds: float = 30.0) -> int:
        """The exit status of the program, once it has ended."""
        screen = self.until("ended with status", seconds=seconds)
        return int(screen.rsplit("ended with status", 1)[1].split()[0])

    def given_back(self) -> dict[str, str]:
        """What is not as an operator's shell needs it, once the program has ended: empty when the terminal is."""
        wanted = {"alternate_on": "0", "cursor_flag": "1", "mouse_any_flag": "0", "keypad_cursor_flag": "0"}
        line = self._tmux("display-message", "-p", " ".join(f"#{{{name}}}" for name in (*wanted, "pane_tty")))
        *flags, tty = line.split()
        wrong = {name: flag for name, flag in zip(wanted, flags, strict=True) if flag != wanted[name]}
        words = self._host.exec(["stty", "-F", tty, "-a"]).stdout.replace(";", " ").split()
        return wrong | {
            word: "off" for word in ("echo", "icanon", "isig", "icrnl", "opost") if word not in words
        }

    def pid(self) -> str:
        """The program's number on that host."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        return self._host.exec(["pgrep", "-P", shell]).stdout.strip()

    def record(self, path: str) -> None:
        """From now on everything that is written to the terminal is kept in this file too."""
        self._tmux("pipe-pane", "-o", f"cat >>{path}")

    def title(self) -> str:
        """What stands in the terminal's title."""
        return self._tmux("display-message", "-p", "#{pane_title} #{window_name}")

    def hang_up(self) -> None:
        """The terminal is gone: whatever runs in it gets SIGHUP, and every write to it fails."""
        self._tmux("kill-session")

    def _tmux(self, *words: str) -> str:
        return self._host.exec(
            ["tmux", "-S", self._socket, "-f", "/dev/null", *words], user=self._user, timeout=30
        ).stdout


class Lines:
    """A conversation line by line in a `Terminal`: a prompt is awaited at the end of what was said, a line is typed."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._seen = 0

    def asked(self, prompt: str, seconds: float = 60.0) -> str:
        """Wait until this prompt is the last line, after those that were answered; what was said before it."""
        deadline = time.monotonic() + seconds
        while True:
            lines = self.terminal.history().rstrip().split("\n")
            if len(lines) > self._seen and prompt in lines[-1]:
                return "\n".join(lines[self._seen :])
            new = "\n".join(lines[self._seen :])
            assert time.monotonic() < deadline, f"{prompt!r} was not asked in:\n{new}"

    def after(self, prompt: str, typed: str = "", seconds: float = 60.0) -> str:
        """Answer a prompt with this line; what was said before it."""
        said = self.asked(prompt, seconds)
        self._seen += said.count("\n") + 1
        if typed:
            self.terminal.type(typed)
        self.terminal.keys("Enter")
        return said

    def until(self, text: str, seconds: float = 60.0) -> None:
        """Wait until this was said since the last answer, wherever its lines end."""
        deadline = time.monotonic() + seconds
        while True:
            new = "\n".join(self.terminal.history().rstrip().split("\n")[self._seen :])
            if text in " ".join(new.split()):
                return
            assert time.monotonic() < deadline, f"{text!r} was not said in:\n{new}"
