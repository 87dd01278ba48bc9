# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a text from a panel may become, and what it may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import expand_path
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import UntrustedValueError, accepted
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import (
    as_address,
    as_client_address,
    as_file_name,
    as_group_part,
    as_host_name,
    as_one_time_link,
    as_path_segment,
    as_table_cell,
    as_text,
    echo,
    escaped,
    means_this_machine,
    one_line,
    quoted,
    without_template,
)

# Texts that must become none of an address, a host name, the name of a file or a part of a group name.
NEVER = [
    "",
    " ",
    ".",
    "..",
    "../victim",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "-oProxyCommand=touch pwned",
    "-x",
    "~root",
    "a\nb",
    "a\rb",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "a\x00b",
    "a\x1b[2Jb",
    "a\tb",
    "a\u202eb",
    "a\u200bb",
    "\ufeffa",
    "\ud800",
    "a;b",
    "a|b",
    "a`b`",
    "$(b)",
    "{{ b }}",
    "a*",
    "a,b",
    "a!b",
    "<b>",
    "a'b",
    'a"b',
    "a" * 300,
    None,
    True,
    17,
    ["a"],
    {"a": 1},
]
USES: list[Callable[[Any], str]] = [
    as_address,
    as_client_address,
    as_host_name,
    as_file_name,
    as_group_part,
    as_one_time_link,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("value", NEVER, ids=ascii)
def test_what_could_mean_more_than_itself_is_refused(use: Callable[[Any], str], value: Any) -> None:
    if use is as_group_part and value in (".", "..", "-x"):
        # Every sign becomes an underscore, and a prefix stands before it.
        assert set(use(value)) <= set("_x")
        return
    with pytest.raises(UntrustedValueError) as caught:
        accepted(use, "the name of account alice", value)
    told = str(caught.value)
    assert caught.value.code == "untrusted_value"
    assert "the name of account alice" in told
    assert told.isascii()
    assert told.isprintable()
    assert len(told) < 600


@pytest.mark.parametrize(
    ("use", "value", "becomes"),
    [
        (as_address, "10.0.0.2", "10.0.0.2"),
        (as_address, "FD00:0::1", "fd00::1"),
        (as_client_address, "10.0.0.2", "10.0.0.2"),
        (as_client_address, "100.64.0.2", "100.64.0.2"),
        (as_client_address, "FD00:0::1", "fd00::1"),
        (as_client_address, "2001:db8::1", "2001:db8::1"),
        (as_host_name, "alice", "alice"),
        (as_host_name, "77_87_125_209", "77_87_125_209"),
        (as_host_name, "vpn-1-5547-ifxt.example.com", "vpn-1-5547-ifxt.example.com"),
        (as_host_name, "b\u00fcro_alice", "b\u00fcro_alice"),
        (as_host_name, "fd00::1", "fd00::1"),
        (as_file_name, "vpn.example.com_2023-01-27_19-00-40.zip", "vpn.example.com_2023-01-27_19-00-40.zip"),
        (as_group_part, "office-1", "office_1"),
        (as_path_segment, "a/b", "a/b"),
    ],
)
def test_what_panels_really_show_is_accepted(use: Callable[[Any], str], value: str, becomes: str) -> None:
    assert use(value) == becomes


@pytest.mark.parametrize("value", ["10.0.0.2/24", "10.0.0", "010.0.0.1", "fe80::1%eth0", "10.0.0.2:80", "localhost"])
def test_what_is_nearly_an_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an IP address"):
        as_address(value)


@pytest.mark.parametrize(
    "value",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0", "::"),
        *("224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),
    ],
)
def test_what_leads_to_this_machine_to_many_or_to_none_is_no_client(value: str) -> None:
    with pytest.raises(ValueError, match="is not the address of another machine"):
        as_client_address(value)


@pytest.mark.parametrize("value", [".hidden", "a.", "a ", " a", "b\u00fcro.zip", "a:b"])
def test_what_some_systems_read_otherwise_is_no_file_name(value: str) -> None:
    with pytest.raises(ValueError, match="is not a file name"):
        as_file_name(value)


def test_a_name_never_changes_a_path() -> None:
    assert expand_path("wireguard/{name}/peers", {"name": "a/../b?c#d%2e", "other": ""}) == (
        "wireguard/a%2F..%2Fb%3Fc%23d%252e/peers"
    )
    for name in ("", ".", "..", "\ud800"):
        with pytest.raises(UntrustedValueError):
            expand_path("wireguard/{name}/peers", {"name": name})


@pytest.mark.parametrize(
    ("value", "told"),
    [("a\u2028b\r\n\x1b[31m\u202ec", "a b [31m c"), (7, "7"), ("x" * 600, "x" * 499 + "\u2026"), ("", "")],
)
def test_a_line_is_one_line(value: Any, told: str) -> None:
    assert one_line(value) == told
    assert echo(value) == (told or "''")


def test_a_line_is_as_long_as_it_may_be() -> None:
    assert one_line("x" * 600, 1000) == "x" * 600
    assert one_line("x" * 600, 10) == "x" * 9 + "\u2026"


def test_what_is_refused_is_shown_escaped() -> None:
    assert escaped("a\u2028\x1b\ud800'") == '"a\\u2028\\x1b\\ud800\'"'
    assert len(escaped("\u2028" * 1000)) == 100


def test_a_name_is_told_back_in_quotes_with_what_nobody_sees() -> None:
    assert quoted("\ufeffna\u00efve\u00a0\r\x1b") == '"\\ufeffna\u00efve\\xa0\\r\\x1b"'
    assert quoted("") == '""'
    assert len(quoted("x" * 1000)) < 110


@pytest.mark.parametrize("value", [value for value in NEVER if isinstance(value, str)], ids=ascii)
def test_a_cell_holds_no_markup(value: str) -> None:
    cell = as_table_cell(f"a|b\n<i>{value}</i>[x](http://evil)`y`*z*")
    assert set(cell).isdisjoint("|\n\r<>[]`*:\\!\"'\x1b\u2028\u202e")
    assert as_table_cell("office-1 (10.0.0.1/24)") == "office-1 (10.0.0.1/24)"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("b_download, user__1", "b_download, user__1"),
        ("_a_ __b__ c_", "&#95;a&#95; &#95;&#95;b&#95;&#95; c&#95;"),
        ("www.example.com Www.a", "www&#46;example.com Www&#46;a"),
        ("vpn.example.com", "vpn.example.com"),
    ],
)
def test_signs_that_mean_something_in_some_places_only(value: str, cell: str) -> None:
    assert as_table_cell(value) == cell


@pytest.mark.parametrize("value", [None, True, 7, 1.5, ["a"], {"a": "b"}])
def test_what_is_no_text_is_not_taken_for_one(value: Any) -> None:
    assert as_text("") == ""
    with pytest.raises(ValueError, match="is not a string"):
        as_text(value)


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "LocalHost", "localhost.", "a.localhost", "localhost.localdomain", "localhost6.localdomain6"),
        *("127.0.0.1", "127.1", "127.8.9.10", "2130706433", "0x7f000001", "0177.1", "0", "0.0.0.0", "::1", "::"),
        *("::ffff:7f00:1", "root@127.0.0.1", "a@b@localhost", "ip6-loopback"),
    ],
)
def test_names_of_this_machine(name: str) -> None:
    assert means_this_machine(name)


@pytest.mark.parametrize(
    "name",
    ["alice", "10", "127", "1.127", "10.0.0.1", "fd00::1", "localhost-2", "mylocalhost", "localhost@alice", "x@y"],
)
def test_names_of_other_machines(name: str) -> None:
    assert not means_this_machine(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("{{ 1 }}", "(( 1 ))"),
        ("{% x %}\n{# y #}", "(% x %) (# y #)"),
        ("#jinja2:variable_start_string:'[['", "jinja2:variable_start_string:'[['"),
        ("###jinja2:x", "jinja2:x"),
        ("x" * 600, "x" * 499 + "\u2026"),
        (7, "7"),
    ],
)
def test_a_text_without_template(value: Any, shown: str) -> None:
    assert without_template(value) == shown
