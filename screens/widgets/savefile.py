"""Asks where a text shall be saved, writes it there, and says so; what is there already is never overwritten.

Knows one text and the files of this machine. It must not know what the text is. The writing is done by a thread.
"""

from __future__ import annotations

import os
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from wizard.text import one_line

from .pane import taken_away


class SaveFile(ModalScreen[str]):
    """Ends with the path that was written, "" when nothing was."""

    DEFAULT_CSS = """
    SaveFile { align: center middle; background: $background 70%; }
    SaveFile > Vertical {
        width: 72; max-width: 96%; height: auto;
        background: $panel; border: round $primary; padding: 1 2;
    }
    SaveFile #title { text-style: bold; color: $primary; margin: 0 0 1 0; }
    SaveFile #wrong { color: $warning; height: auto; }
    SaveFile Horizontal { height: auto; align-horizontal: right; margin: 1 0 0 0; }
    SaveFile Button { margin: 0 0 0 2; }
    """

    BINDINGS = [Binding("escape", "leave", "Close")]

    def __init__(self, title: str, text: str, path: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._path = path

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._title), id="title")
            field = Input(self._path, id="path", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Static("", id="wrong", markup=False)
            with Horizontal():
                yield Button("Close", id="leave", compact=True)
                yield Button("Save", id="save", compact=True, variant="primary")

    def on_mount(self) -> None:
        if taken_away(self):
            return
        self.query_one("#path").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss("")

    def action_leave(self) -> None:
        self.dismiss("")

    def _save(self) -> None:
        typed = self.query_one("#path", Input).value.strip()
        if not typed:
            self._say("Name a file.")
            return
        self._write(Path(typed).expanduser())

    @work(thread=True, exclusive=True)
    def _write(self, path: Path) -> None:
        try:
            with open(path, "x", encoding="utf-8", opener=_mine) as file:
                file.write(self._text)
        except FileExistsError:
            self.app.call_from_thread(self._say, f"{path} is there already. Choose another name.")
        except OSError as error:
            self.app.call_from_thread(self._say, f"{path}: {error.strerror}. Choose another place.")
        except ValueError:
            self.app.call_from_thread(self._say, "This is not the name of a file.")
        else:
            self.app.call_from_thread(self.dismiss, str(path))

    def _say(self, sentence: str) -> None:
        self.query_one("#wrong", Static).update(Content(one_line(sentence, 300)))


def _mine(path: str, flags: int) -> int:
    """A log may tell more than others need to know."""
    return os.open(path, flags, 0o600)
