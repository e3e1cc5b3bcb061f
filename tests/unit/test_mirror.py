"""The mirror of the tests does what a download site does, and fails in the way that is asked for."""

from __future__ import annotations

import hashlib
import http.client
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mirror import FAULTS, Mirror, Request

NAME = "flink-2.3.0-bin-scala_2.12.tgz"
HADOOP = "hadoop-3.3.6.tar.gz"
CONTENT = random.Random(7).randbytes(300_001)
HASH = hashlib.sha512(CONTENT).hexdigest()
FILE = f"/flink/flink-2.3.0/{NAME}"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    for name in (NAME, HADOOP):
        (tmp_path / name).write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("not for the world")
    with Mirror(tmp_path) as running:
        yield running


def get(url: str, start: int = 0) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


@pytest.mark.parametrize(
    "path",
    [
        FILE,
        f"/dist{FILE}",
        f"/hadoop/common/hadoop-3.3.6/{HADOOP}",
        f"/dist/hadoop/core/hadoop-3.3.6/{HADOOP}",
    ],
)
def test_an_archive_and_its_checksum_are_served_in_both_layouts(mirror: Mirror, path: str) -> None:
    assert get(mirror.url + path) == (200, CONTENT)
    status, text = get(f"{mirror.url}{path}.sha512")
    assert (status, text.decode()) == (200, f"{HASH}  {path.rsplit('/', 1)[1]}\n")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/flink/",
        f"/{NAME}",
        f"/flink/flink-2.2.1/{NAME}",
        f"/hadoop/common/flink-2.3.0/{NAME}",
        "/flink/flink-2.3.0/secret.txt",
        "/flink/flink-2.3.0/../../secret.txt",
        "/flink/flink-2.3.0/%2e%2e%2fsecret.txt",
        "/flink/flink-2.4.0/flink-2.4.0-bin-scala_2.12.tgz",
    ],
)
def test_any_other_path_is_not_found(mirror: Mirror, path: str) -> None:
    assert get(mirror.url + path)[0] == 404


def test_a_download_is_resumed_where_it_stopped(mirror: Mirror) -> None:
    assert get(mirror.url + FILE, start=100_000) == (206, CONTENT[100_000:])
    assert get(mirror.url + FILE, start=len(CONTENT))[0] == 416
    assert get(mirror.base("norange") + FILE, start=100_000) == (200, CONTENT)


def test_a_corrupt_archive_has_the_right_length_and_the_right_checksum_file(mirror: Mirror) -> None:
    status, received = get(mirror.base("corrupt") + FILE)
    assert status == 200
    assert len(received) == len(CONTENT)
    assert received != CONTENT
    assert get(mirror.base("corrupt") + FILE + ".sha512")[1].decode().startswith(HASH)


def test_a_corrupt_archive_is_corrupt_at_the_same_byte_when_resumed(mirror: Mirror) -> None:
    whole = get(mirror.base("corrupt") + FILE)[1]
    assert get(mirror.base("corrupt") + FILE, start=100_000)[1] == whole[100_000:]


def test_a_truncated_archive_ends_early(mirror: Mirror) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(mirror.base("truncated") + FILE)
    assert caught.value.partial == CONTENT[: len(CONTENT) // 2]


def test_a_reset_connection_is_reset(mirror: Mirror) -> None:
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        get(mirror.base("reset") + FILE)


def test_a_download_that_is_cut_once_can_be_resumed(mirror: Mirror) -> None:
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        get(mirror.base("cut-once") + FILE)
    assert get(mirror.base("cut-once") + FILE, start=1000) == (206, CONTENT[1000:])


@pytest.mark.parametrize(("fault", "status"), [("missing", 404), ("forbidden", 403), ("broken", 503)])
def test_a_refusal_has_its_status(mirror: Mirror, fault: str, status: int) -> None:
    assert get(mirror.base(fault) + FILE)[0] == status
    assert get(mirror.base(fault) + FILE + ".sha512")[0] == status


def test_a_wrong_or_missing_checksum_comes_with_the_right_archive(mirror: Mirror) -> None:
    for fault in ("badsum", "nosum"):
        assert get(mirror.base(fault) + FILE) == (200, CONTENT)
    digest, name = get(mirror.base("badsum") + FILE + ".sha512")[1].decode().split()
    assert (len(digest), digest != HASH, name) == (128, True, NAME)
    assert get(mirror.base("nosum") + FILE + ".sha512")[0] == 404


def test_a_captive_portal_answers_with_a_page(mirror: Mirror) -> None:
    assert get(mirror.base("login") + FILE)[1].startswith(b"<html>")


def test_a_slow_download_is_whole_and_ends_at_once_when_the_mirror_stops(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    with Mirror(tmp_path, slow_rate=50_000_000) as quick:
        assert get(quick.base("slow") + FILE) == (200, CONTENT)
    begun, outcome = threading.Event(), list[int]()

    def read(url: str) -> None:
        with urllib.request.urlopen(url, timeout=20) as answer:
            answer.read(1)
            begun.set()
            outcome.append(1 + len(answer.read1(1 << 20) or b""))

    with Mirror(tmp_path, slow_rate=1000) as crawling:
        reader = threading.Thread(target=read, args=(crawling.base("slow") + FILE,))
        reader.start()
        assert begun.wait(20)
    reader.join(20)
    assert not reader.is_alive()
    assert outcome and outcome[0] < len(CONTENT)


def test_every_request_is_on_record(mirror: Mirror) -> None:
    get(mirror.url + FILE)
    get(mirror.base("corrupt") + FILE, start=5)
    head = urllib.request.Request(mirror.url + FILE, method="HEAD")
    with urllib.request.urlopen(head, timeout=20) as answer:
        assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert mirror.requests == [
        Request("GET", "", FILE, 0),
        Request("GET", "corrupt", FILE, 5),
        Request("HEAD", "", FILE, 0),
    ]


def test_a_fault_has_a_name_and_nothing_listens_after_the_end(tmp_path: Path) -> None:
    with Mirror(tmp_path) as running:
        url = running.url
        with pytest.raises(ValueError, match=", ".join(FAULTS)):
            running.base("gremlins")
    with pytest.raises(urllib.error.URLError):
        get(url + FILE)
    with pytest.raises(RuntimeError, match="not running"):
        _ = running.url
