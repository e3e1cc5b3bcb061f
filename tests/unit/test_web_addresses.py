"""A web address reads as a browser and curl take it, for names and for addresses of both kinds."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.lab.settings import REPOSITORY
from wizard.needs import Rest, web_url


@pytest.mark.parametrize("address", ["node0", "node0.example.org", "10.0.0.7", "fe80::1", "2001:db8::7"])
def test_the_url_leads_to_that_address_and_port(address: str) -> None:
    found = urlsplit(web_url(address, 8081))
    assert (found.hostname, found.port) == (address, 8081)
    assert Rest(address, 8081, ("/overview",)).url == web_url(address, 8081)


def _put_together(file: Path) -> bool:
    return file.name != "needs.py" and re.search(r"http://\{", file.read_text()) is not None


def test_nobody_else_puts_one_together() -> None:
    rooms = ("wizard", "validators", "screens")
    assert [file for room in rooms for file in (REPOSITORY / room).rglob("*.py") if _put_together(file)] == []
