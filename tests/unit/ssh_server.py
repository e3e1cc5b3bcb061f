"""An SSH server in a thread, for what a real sshd offers to system users alone: passwords and questions."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

import paramiko


@dataclass
class Rules:
    """What the server offers and takes; `prompts` are asked in order, hidden unless marked `echo:`."""

    methods: tuple[str, ...] = ("password",)
    password: str = "right"
    keys: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ("Password: ",)
    second: str | None = None
    most_failures: int = 6
    banner: str = ""


@dataclass
class _Login(paramiko.ServerInterface):
    rules: Rules
    tried: list[str]
    transport: paramiko.Transport
    failures: int = 0
    asked: int = 0
    first_done: bool = False

    def get_allowed_auths(self, username: str) -> str:
        return self.rules.second if self.first_done and self.rules.second else ",".join(self.rules.methods)

    def get_banner(self) -> tuple[str, str]:
        return (self.rules.banner, "en") if self.rules.banner else (None, None)  # type: ignore[return-value]

    def _judge(self, title: str, right: bool) -> int:
        self.tried.append(title)
        if right and self.rules.second and not self.first_done:
            self.first_done = True
            return paramiko.AUTH_PARTIALLY_SUCCESSFUL
        if right:
            return paramiko.AUTH_SUCCESSFUL
        self.failures += 1
        if self.failures >= self.rules.most_failures:
            message = paramiko.Message()
            message.add_byte(bytes([1]))
            message.add_int(2)
            message.add_string("Too many authentication failures")
            message.add_string("")
            self.transport._send_message(message)
            self.transport.close()
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        if "password" not in self.get_allowed_auths(username).split(","):
            return paramiko.AUTH_FAILED
        return self._judge("password", password == self.rules.password)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._judge("publickey", key.get_base64() in self.rules.keys)

    def check_auth_interactive(self, username: str, submethods: str) -> object:
        return self._ask()

    def check_auth_interactive_response(self, responses: list[str]) -> object:
        prompt = self.rules.prompts[self.asked]
        right = responses == ([self.rules.password] if "Password" in prompt else ["123456"])
        self.asked += 1
        if right and self.asked < len(self.rules.prompts):
            return self._ask()
        return self._judge("keyboard-interactive", right)

    def _ask(self) -> paramiko.InteractiveQuery:
        prompt = self.rules.prompts[self.asked]
        return paramiko.InteractiveQuery("", "", (prompt.removeprefix("echo:"), prompt.startswith("echo:")))

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_answer, args=(channel,), daemon=True).start()
        return True


def _answer(channel: paramiko.Channel) -> None:
    channel.recv(1)  # Its input ends after it was told that the command started.
    channel.sendall(b"done\n")
    channel.send_exit_status(0)
    channel.close()


@dataclass
class PythonSshd:
    """Accepts logins on loopback by `rules`; `tried` is what clients tried."""

    rules: Rules
    tried: list[str] = field(default_factory=list)
    open: list[object] = field(default_factory=list)

    def start(self) -> PythonSshd:
        self.key = paramiko.ECDSAKey.generate()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(sock)
            transport.add_server_key(self.key)
            self.open.append(transport)
            transport.start_server(event=threading.Event(), server=_Login(self.rules, self.tried, transport))

    def stop(self) -> None:
        self.listener.close()
        for transport in self.open:
            transport.close()  # type: ignore[attr-defined]
