# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""puqvpn_export: the files of a panel, the same to the byte, of which nothing is touched that does not change."""

from __future__ import annotations

import inspect
import json
import os
import stat
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import Templar
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _files, _vault
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.files import (
    FORMATS,
    JSON,
    MARK,
    dates_in,
    secret_fields,
    secrets_file,
    section_file,
    section_file_name,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import HIDDEN
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel_role import panel_config
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, gather, run, without_summary
from ansible_collections.puqcloud.puqvpn.tests.unit.test_export import furnish
from simulator import Simulator

PASSWORD = "c4nary-vault-password"
# Documents, and what the role export wrote for them when it consisted of templates.
WRITTEN = json.loads(Path(__file__).with_name("exported_files.json").read_text())
DNS = "puqvpn_panel_dns.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files go; it does not exist yet."""
    return tmp_path / "host_vars" / "vpn1"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def inodes(folder: Path) -> dict[str, int]:
    """What differs when a file was replaced, even by the same content."""
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def states(result: dict[str, Any]) -> dict[str, str]:
    return {Path(file["path"]).name: file["state"] for file in result["files"]}


def decrypted(path: Path) -> str:
    return VaultLib([("default", VaultSecret(PASSWORD.encode()))]).decrypt(path.read_bytes()).decode()


def furnish_any(panel: Simulator) -> None:
    """Add objects with secrets to a panel of either generation."""
    if panel.generation == 1:
        furnish(panel, 2, 4)
        panel.panel.traffic_logging.update(influxdb_token="c4nary-token")
        panel.panel.backup_config.update(ftp_password="c4nary-ftp")
    else:
        values = {"wg_name": "Default", "allowed_IPs": "10.0.0.7", "username": "alice_1"}
        panel.panel.add_account({"name": "user_0001", **values})
    for account in panel.panel.accounts.values():
        account["password"] = f"c4nary-{account['name']}"


# --- The content


@pytest.mark.parametrize("name", WRITTEN)
def test_the_files_are_those_of_the_templates_to_the_byte(name: str) -> None:
    document, files = WRITTEN[name]["config"], WRITTEN[name]["files"]
    rendered = {section_file_name(section): section_file(section, held) for section, held in document.items()}
    assert {**rendered, "vault.yml": secrets_file(document)} == files


def test_every_secret_field_belongs_in_the_encrypted_file() -> None:
    fields = {section: secret_fields(section) for layout in LAYOUTS.values() for section in layout.sections}
    assert {section: names for section, names in fields.items() if names} == {
        "traffic_logging": ("influxdb_token",),
        "backup_config": ("ftp_password",),
        "wireguard": ("private_key", "public_key"),
        "accounts": ("password", "private_key", "public_key"),
        "clients": ("password",),
    }


# --- A run


def test_files_of_a_panel(any_panel: Simulator, connect: Connect, folder: Path) -> None:
    furnish_any(any_panel)
    config = gather(connect(any_panel), "config")["config"]
    any_panel.reset_counters()
    predicted = run(connect(any_panel, check_mode=True), "export", dest=str(folder))
    assert content(folder) == {}
    assert not folder.parent.exists()
    requests = [f"{request.method} {request.path}" for request in any_panel.requests]
    any_panel.reset_counters()
    result = run(connect(any_panel), "export", dest=str(folder))
    assert without_summary(result) == without_summary(predicted)
    assert predicted["msg"] == f"{result['msg']} (check mode, nothing was written)"
    assert result["requests"] == len(any_panel.requests)
    assert [f"{request.method} {request.path}" for request in any_panel.requests] == requests
    assert result["changed"] is True
    assert result["sections"] == list(config)
    assert states(result) == {section_file_name(section): "created" for section in config}
    assert result["msg"] == f"{len(config)} created in {folder}"
    files = content(folder)
    loaded = [yaml.safe_load(text) for text in files.values()]
    assert {name: value for file in loaded for name, value in file.items()} == {
        f"puqvpn_panel_{section}": value for section, value in config.items()
    }
    assert {entry["before_header"]: (entry["before"], entry["after"].encode()) for entry in result["diff"]} == {
        str(folder / name): ("", text) for name, text in files.items()
    }
    assert {mode(path) for path in folder.iterdir()} == {"0644"}
    assert mode(folder) == mode(folder.parent) == "0755"

    before = inodes(folder)
    again = run(connect(any_panel), "export", dest=str(folder))
    assert (again["changed"], again["diff"], content(folder), inodes(folder)) == (False, [], files, before)
    assert again["msg"] == f"{len(config)} unchanged in {folder}"


def test_only_what_changes_is_written(any_panel: Simulator, connect: Connect, folder: Path) -> None:
    furnish_any(any_panel)
    given = {"dest": str(folder), "vault_password": PASSWORD}
    run(connect(any_panel), "export", **given)
    before, files = inodes(folder), content(folder)
    any_panel.panel.dns["max_cache_ttl"] = 78
    predicted, result = (run(connect(any_panel, check_mode=check), "export", **given) for check in (True, False))
    assert without_summary(predicted) == without_summary(result)
    changed = {name: state for name, state in states(result).items() if state != "unchanged"}
    assert changed == {DNS: "changed"}
    assert result["msg"] == f"1 changed, {len(files) - 1} unchanged in {folder}"
    assert {name for name, inode in inodes(folder).items() if inode != before[name]} == {DNS}
    (diff,) = result["diff"]
    assert (diff["before"].encode(), diff["after"].encode()) == (files[DNS], content(folder)[DNS])


def test_dates_that_a_user_has_added_are_kept(any_panel: Simulator, connect: Connect, folder: Path) -> None:
    for at, name in enumerate(("anna", "bert", "expires", "zoe"), 2):
        any_panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"})
    run(connect(any_panel), "export", dest=str(folder))
    section = {1: "accounts", 2: "clients"}[any_panel.generation]
    path = folder / section_file_name(section)
    added = {
        "anna": "    expires: 2027-01-31  # her contract",
        "bert": '    expired: absent\n    expires: "2027-01-31T18:00:00+01:00"',
        "zoe": "    # expires: some day\n    expires: 2028-01-31",
    }
    text = path.read_text()
    for name, lines in added.items():
        text = text.replace(f'  - name: "{name}"\n', f'  - name: "{name}"\n{lines}\n')
    path.write_text(text)
    del any_panel.panel.accounts["zoe"]
    any_panel.panel.accounts["bert"]["status"] = "disable"
    predicted, result = (
        run(connect(any_panel, check_mode=check), "export", dest=str(folder)) for check in (True, False)
    )
    assert without_summary(predicted) == without_summary(result)
    items = {item["name"]: item for item in yaml.safe_load(path.read_text())[f"puqvpn_panel_{section}"]}
    assert items["anna"]["expires"] == date(2027, 1, 31)
    assert (items["bert"]["expires"], items["bert"]["expired"]) == ("2027-01-31T18:00:00+01:00", "absent")
    assert (items["bert"]["status"], "expires" in items["expires"], "zoe" in items) == ("disable", False, False)
    assert path.read_text().count("# her contract") == 1
    assert run(connect(any_panel), "export", dest=str(folder))["changed"] is False


@pytest.mark.parametrize(
    "lines",
    [
        '  - {name: "anna", expires: 2027-01-31}',
        '  - expires: 2027-01-31\n    name: "anna"',
        '  - name: "anna"\n    "expires": 2027-01-31',
        '  - name: "anna"\n    expires:\n      2027-01-31',
        '  - name: "bert"\n  -\n    name: "anna"\n    expires: 2027-01-31',
        '  - name: "anna"\n    wg_name: "Default"\n  - {name: "bert"}\n    expires: 2027-01-31',
    ],
)
def test_no_date_is_lost(panel: Simulator, connect: Connect, folder: Path, lines: str) -> None:
    folder.mkdir(parents=True)
    path = folder / section_file_name("accounts")
    path.write_text(f"{MARK}\n---\npuqvpn_panel_accounts:\n{lines}\n")
    before = content(folder)
    number = next(at for at, line in enumerate(path.read_text().splitlines(), 1) if "expires" in line)
    error = failure(connect(panel), "export", dest=str(folder))
    assert str(error).startswith(f"Nothing was written. {path} has a date in line {number} that would be lost.")
    assert content(folder) == before


def test_texts_of_a_panel_are_no_dates() -> None:
    item = {"name": "anna", "username": 'expires: 1", expired: "', "wg_name": "# expires: 2"}
    text = section_file("accounts", [item])
    assert dates_in("accounts", text) == {}
    assert dates_in("dns", "expires: 1") == {}


def test_secrets_are_encrypted_and_shown_nowhere(any_panel: Simulator, connect: Connect, folder: Path) -> None:
    furnish_any(any_panel)
    secrets = [account["password"] for account in any_panel.panel.accounts.values()]
    given = {"dest": str(folder), "vault_password": PASSWORD}
    result = run(connect(any_panel), "export", **given)
    files, vault = content(folder), folder / "vault.yml"
    assert mode(vault) == "0600"
    assert files["vault.yml"].startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    assert [secret for secret in secrets if secret not in decrypted(vault)] == []
    shown = json.dumps(result) + b"".join(text for name, text in files.items() if name != "vault.yml").decode()
    assert [text for text in ("c4nary", "private_key", "public_key") if text in shown] == []

    # What is the same is not encrypted again.
    again = run(connect(any_panel), "export", **given)
    assert (again["changed"], content(folder)) == (False, files)
    any_panel.panel.accounts["user_0001"]["password"] = "c4nary-other"
    changed = run(connect(any_panel), "export", **given)
    assert {name: state for name, state in states(changed).items() if state != "unchanged"} == {"vault.yml": "changed"}
    (diff,) = changed["diff"]
    assert diff["before_header"] == str(vault)
    assert diff["before"] != diff["after"]
    assert "c4nary" not in json.dumps(changed)
    assert 'password: "c4nary-other"' in decrypted(vault)
    # Without the password, the file stays as it is.
    files = content(folder)
    without = run(connect(any_panel), "export", dest=str(folder))
    assert (without["changed"], "vault.yml" in states(without), content(folder)) == (False, False, files)


def test_a_secret_that_somebody_put_into_a_file_is_not_shown(panel: Simulator, connect: Connect, folder: Path) -> None:
    run(connect(panel), "export", dest=str(folder))
    file = folder / "puqvpn_panel_accounts.yml"
    file.write_text(f'{MARK}\n---\npuqvpn_panel_accounts:\n  - name: "bob"\n    password: "c4nary"\n')
    result = run(connect(panel), "export", dest=str(folder))
    assert states(result)[file.name] == "changed"
    assert '- name: "bob"\n    password: ********\n' in result["diff"][0]["before"]
    assert "c4nary" not in json.dumps(result)


def test_files_of_sections_that_are_gone_are_removed(panel: Simulator, connect: Connect, folder: Path) -> None:
    run(connect(panel), "export", dest=str(folder))
    others = {"puqvpn_panel_purge.yml": b"puqvpn_panel_purge: [accounts]\n", "vault.yml": b"a: 1\n", "a.txt": b"a"}
    for name, text in others.items():
        (folder / name).write_bytes(text)
    (folder / "puqvpn_panel_link.yml").symlink_to(folder / DNS)
    os.mkfifo(folder / "puqvpn_panel_pipe.yml")
    (folder / "puqvpn_panel_folder.yml").mkdir()
    gone = "puqvpn_panel_ikev2_settings.yml"
    text = (folder / gone).read_text()
    panel.fault("error", method="GET", path="ikev2/advanced_settings", text="strongSwan is not installed", times=None)
    clients = [connect(panel, check_mode=check) for check in (True, False)]
    predicted, result = (run(client, "export", dest=str(folder)) for client in clients)
    assert without_summary(predicted) == without_summary(result)
    assert {name: state for name, state in states(result).items() if state != "unchanged"} == {gone: "removed"}
    assert [(entry["before"], entry["after"]) for entry in result["diff"]] == [(text, "")]
    assert "strongSwan is not installed" in " ".join(clients[-1].warnings)
    assert "ikev2_settings" not in result["sections"]
    assert not (folder / gone).exists()
    assert {name: (folder / name).read_bytes() for name in others} == others
    assert (folder / "puqvpn_panel_link.yml").is_symlink()


@pytest.mark.parametrize(("name", "right"), [(DNS, 0o644), ("vault.yml", 0o600)])
def test_the_mode_is_that_of_the_role(panel: Simulator, connect: Connect, folder: Path, name: str, right: int) -> None:
    given = {"dest": str(folder), "vault_password": PASSWORD}
    run(connect(panel), "export", **given)
    folder.chmod(0o750)
    (folder / name).chmod(0o640)
    files = content(folder)
    predicted, result = (run(connect(panel, check_mode=check), "export", **given) for check in (True, False))
    assert without_summary(predicted) == without_summary(result)
    assert [(entry["before"], entry["after"]) for entry in result["diff"]] == [("mode: 0640\n", f"mode: {right:04o}\n")]
    assert states(result)[name] == "changed"
    assert mode(folder / name) == f"{right:04o}"
    # Whoever made the folder decides who may enter it.
    assert mode(folder) == "0750"
    assert content(folder) == files


# --- The format


# What means something to YAML, to JSON, to Ansible or to a terminal.
HOSTILE = [
    "yes",
    "2027-01-31",
    "0123456701234567",
    "a\u2028b: c\x85d",
    "a\r\nb\tc\x00d\x7f",
    "a\x1b[2J\u202eb\ufeff",
    "---\nputs: 1\n...",
    '"}, {"',
    "!unsafe a",
    "&a *a",
    "\\u0041",
    "\u00fc \U0001f600",
    "{{ 6 * 7 }}",
    "{% raw %}",
    "{# no #}",
    "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ 6 * 7 ]]",
    "#" * 9 + "jinja2: {{",
]


def loaded(folder: Path) -> Any:
    """The variables in all files of a folder, as a play has them."""
    loader = DataLoader()
    loader.set_vault_secrets([("default", VaultSecret(PASSWORD.encode()))])
    # Since ansible-core 2.19, only texts of trusted files are templates.
    trust = "trusted_as_template"
    given = {trust: True} if trust in inspect.signature(loader.load_from_file).parameters else {}
    variables: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        variables.update(loader.load_from_file(str(path), **given))
    return Templar(loader=loader, variables=variables).template(variables)


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_text_is_read_back_as_it_is(
    any_panel: Simulator, connect: Connect, folder: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, text in enumerate(HOSTILE):
        address = f"10.0.0.{at + 20}"
        any_panel.panel.add_account({"name": f"user_{at}", "wg_name": "Default", "allowed_IPs": address})
        any_panel.panel.accounts[f"user_{at}"]["password"] = text
    if any_panel.generation == 1:
        any_panel.panel.backup_config.update(ftp_user=HOSTILE[-2], ftp_path="{{ 6 * 7 }}")
    given = {"dest": str(folder), "vault_password": PASSWORD, "format": file_format}
    client = connect(any_panel)
    run(client, "export", **given)
    assert client.warnings == []
    files = content(folder)
    assert all(
        text.decode().startswith("{" if file_format == JSON else MARK) for text in files.values() if b"$" not in text
    )
    if file_format == JSON:
        # The parser of YAML takes many times as long.
        monkeypatch.setattr("ansible.parsing.utils.yaml.AnsibleLoader", None)
    variables = {name.removeprefix("puqvpn_panel_"): value for name, value in loaded(folder).items()}
    secrets = variables.pop("secrets")
    assert panel_config(variables, secrets) == gather(connect(any_panel), "config", include_secrets=True)["config"]
    assert all(
        line.isprintable()
        for text in (*files.values(), decrypted(folder / "vault.yml").encode())
        for line in text.decode().split("\n")
    )
    assert run(connect(any_panel), "export", **given)["changed"] is False


def test_another_format_keeps_the_dates(
    any_panel: Simulator, connect: Connect, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish_any(any_panel)
    names = ("anna", "bert", "carl", "dora")
    for at, name in enumerate(names, 20):
        any_panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"})
    section = {1: "accounts", 2: "clients"}[any_panel.generation]
    path = folder / section_file_name(section)
    given = {"dest": str(folder), "vault_password": PASSWORD}
    run(connect(any_panel), "export", **given)
    added = {
        "anna": "    expires: 2027-01-31  # her contract",
        "bert": '    expired: absent\n    expires: "2027-01-31T18:00:00+01:00"',
        "carl": "    expires: '{{ end_of_year }}'",
    }
    text = path.read_text()
    for name, lines in added.items():
        text = text.replace(f'  - name: "{name}"\n', f'  - name: "{name}"\n{lines}\n')
    path.write_text(text)
    dates = {
        "anna": {"expires": "2027-01-31"},
        "bert": {"expired": "absent", "expires": "2027-01-31T18:00:00+01:00"},
        "carl": {"expires": "{{ end_of_year }}"},
    }

    def kept() -> dict[str, Any]:
        found = yaml.safe_load(path.read_text())[f"puqvpn_panel_{section}"]
        return {item["name"]: {key: item[key] for key in ("expired", "expires") if key in item} for item in found}

    def exported(file_format: str) -> dict[str, Any]:
        before = content(folder)
        results = [
            run(connect(any_panel, check_mode=check), "export", **given, format=file_format) for check in (True, False)
        ]
        assert without_summary(results[0]) == without_summary(results[1])
        after = content(folder)
        shown = {Path(diff["before_header"]).name: (diff["before"], diff["after"]) for diff in results[1]["diff"]}
        shown.pop("vault.yml", None)
        assert shown == {
            name: (before[name].decode(), after[name].decode())
            for name in before
            if before[name] != after[name] and name != "vault.yml"
        }
        return results[1]

    secrets = decrypted(folder / "vault.yml")
    assert set(states(exported("json")).values()) == {"changed"}
    assert {name: options for name, options in kept().items() if options} == dates
    assert path.read_text().startswith(f'{{"puqvpn_panel_{section}": [\n  {{\n    "name": ')
    assert json.loads(decrypted(folder / "vault.yml")) == yaml.safe_load(secrets)
    # Users add more of them here as well, and what is JSON is not read as YAML.
    path.write_text(path.read_text().replace('"name": "dora",', '"name": "dora", "expires": "2028-01-31",'))
    dates["dora"] = {"expires": "2028-01-31"}
    with monkeypatch.context() as patched:
        patched.setattr(yaml, "load", None)
        assert states(exported("json"))[path.name] == "changed"
        assert exported("json")["changed"] is False
    assert {name: options for name, options in kept().items() if options} == dates
    assert set(states(exported("yaml")).values()) == {"changed"}
    assert {name: options for name, options in kept().items() if options} == dates
    assert decrypted(folder / "vault.yml") == secrets
    assert exported("yaml")["changed"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"puqvpn_panel_accounts": [\n{"name": "anna", "expires": "2027-01-31",}]}', "cannot be read as JSON ("),
        ('{"puqvpn_panel_accounts": [\n{"name": "anna", "name": "bert"}]}', "duplicate names"),
        ('{"puqvpn_panel_accounts": [\n{"expires": "2027-01-31"}]}', "has a date that would be lost, of None."),
        ('{"puqvpn_panel_accounts": [\n{"name": "anna", "expires": ["x"]}]}', "would be lost, of anna."),
        ('{"puqvpn_panel_accounts": [{"name": "anna"}]}', "was not written by this module"),
        ('{\n  "puqvpn_panel_accounts": []\n}', "was not written by this module"),
        (f'{MARK}\n---\npuqvpn_panel_accounts:\n  - name: "anna"\n    expires: !vault x', "lost in JSON, !vault x."),
    ],
)
def test_no_file_is_lost_for_json(panel: Simulator, connect: Connect, folder: Path, text: str, said: str) -> None:
    panel.panel.add_account({"name": "anna", "wg_name": "Default", "allowed_IPs": "10.0.0.9"})
    folder.mkdir(parents=True)
    path = folder / section_file_name("accounts")
    path.write_text(text)
    error = failure(connect(panel), "export", dest=str(folder), format="json")
    assert str(error).startswith(f"Nothing was written. {path} ")
    assert said in str(error)
    assert content(folder) == {path.name: text.encode()}


def test_json_of_others_stays(panel: Simulator, connect: Connect, folder: Path) -> None:
    folder.mkdir(parents=True)
    mine = folder / "puqvpn_panel_purge.yml"
    mine.write_text('{"puqvpn_panel_purge": [\n"accounts"]}')
    run(connect(panel), "export", dest=str(folder), format="json")
    assert mine.exists()
    # The empty section is recognized as well.
    assert (folder / "puqvpn_panel_accounts.yml").read_text() == '{"puqvpn_panel_accounts": [\n]}\n'
    assert run(connect(panel), "export", dest=str(folder), format="json")["changed"] is False


def test_a_secret_that_somebody_put_into_json_is_not_shown(panel: Simulator, connect: Connect, folder: Path) -> None:
    folder.mkdir(parents=True)
    file = folder / "puqvpn_panel_accounts.yml"
    for secret in ('"c4nary"', '{"__ansible_unsafe": "c4nary {{"}', '["c4nary"]'):
        file.write_text(f'{{"puqvpn_panel_accounts": [\n{{"name": "bob", "password": {secret}}}]}}')
        result = run(connect(panel, check_mode=True), "export", dest=str(folder), format="json")
        assert states(result)[file.name] == "changed"
        assert HIDDEN in json.dumps(result)
        assert "c4nary" not in json.dumps(result)


def test_a_name_with_a_meaning_in_json_of_ansible_leaves_a_file_in_yaml(
    panel: Simulator, connect: Connect, folder: Path
) -> None:
    name = "__ansible_vault"
    panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": "10.0.0.9"})
    panel.panel.accounts[name]["password"] = "c4nary-password"
    given = {"dest": str(folder), "vault_password": PASSWORD, "format": "json"}
    client = connect(panel)
    run(client, "export", **given)
    assert client.warnings == [f"{folder / 'vault.yml'} is YAML, since {name} has a meaning of its own in JSON."]
    assert decrypted(folder / "vault.yml").startswith(MARK)
    assert (folder / "puqvpn_panel_accounts.yml").read_text().startswith("{")
    assert loaded(folder)["puqvpn_panel_secrets"]["accounts"][name]["password"] == "c4nary-password"
    assert run(connect(panel), "export", **given)["changed"] is False


# --- The encryption


@pytest.mark.parametrize("password", ["x", "\u00fc {{ a }}", " blanks \n"])
@pytest.mark.parametrize("vault_id", ["default", "office"])
def test_files_that_users_encrypt_with_another_id_are_decrypted(password: str, vault_id: str) -> None:
    secret = VaultSecret(password.encode())
    encrypted = VaultLib([(vault_id, secret)]).encrypt("text", secret, vault_id)
    assert _vault.Vault(password).decrypt(encrypted) == "text"
    assert _vault.Vault("another").decrypt(encrypted) is None


def test_what_is_not_encrypted_or_damaged_is_not_decrypted() -> None:
    vault = _vault.Vault(PASSWORD)
    header, body = vault.encrypt("text").split(b"\n", 1)
    damaged = [
        b"",
        b"\n",
        b"text",
        b"\xff",
        header,
        header + b"\n" + body[2:],
        header + b"\nzz",
        header + b"\n0a0a0a",
        body,
    ]
    damaged.append(header.replace(b"AES256", b"AES") + b"\n" + body)
    assert [vault.decrypt(content) for content in damaged] == [None] * len(damaged)


# --- What is refused


def a_link(place: Path) -> None:
    place.symlink_to(place.parent.parent / "outside")


def a_dangling_link(place: Path) -> None:
    place.symlink_to(place.parent.parent / "nowhere")


def a_folder(place: Path) -> None:
    place.mkdir()


def of_somebody_else(place: Path) -> None:
    place.write_text("mine: c4nary\n")


def with_another_password(place: Path) -> None:
    text = VaultLib().encrypt(f"{MARK}\n".encode(), VaultSecret(b"another"), "default")
    place.write_bytes(text)


def encrypted_by_somebody_else(place: Path) -> None:
    place.write_bytes(VaultLib().encrypt(b"mine: c4nary\n", VaultSecret(PASSWORD.encode()), "default"))


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [
        (DNS, (a_link, "is a symbolic link")),
        (DNS, (a_dangling_link, "is a symbolic link")),
        (DNS, (os.mkfifo, "is a named pipe")),
        (DNS, (a_folder, "is a directory")),
        (DNS, (of_somebody_else, "was not written by this module")),
        ("vault.yml", (a_link, "is a symbolic link")),
        ("vault.yml", (os.mkfifo, "is a named pipe")),
        ("vault.yml", (of_somebody_else, "its password differs from vault_password")),
        ("vault.yml", (encrypted_by_somebody_else, "its password differs from vault_password")),
        ("vault.yml", (with_another_password, "its password differs from vault_password")),
    ],
)
def test_nothing_is_written_where_a_file_is_in_the_way(
    panel: Simulator, connect: Connect, folder: Path, name: str, obstacle: tuple[Callable[[Path], None], str]
) -> None:
    make, reason = obstacle
    folder.mkdir(parents=True)
    (folder.parent / "outside").write_text("mine")
    make(folder / name)
    before = os.lstat(folder / name)
    for check_mode in (True, False):
        error = failure(connect(panel, check_mode=check_mode), "export", dest=str(folder), vault_password=PASSWORD)
        assert error.code == "invalid_option"
        assert str(error).startswith("Nothing was written. ")
        assert str(folder / name) in str(error)
        assert reason in str(error)
        assert "c4nary" not in str(error)
        assert [path.name for path in folder.iterdir()] == [name]
        after = os.lstat(folder / name)
        assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
        assert (folder.parent / "outside").read_text() == "mine"
        assert not (folder.parent / "nowhere").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dest": ""}, "dest is empty"),
        ({"dest": "{}/file"}, "is a file, not a folder"),
        ({"dest": "{}/file/below"}, "cannot be created in"),
        ({"dest": "{}/nul\0"}, "cannot be used"),
        ({"dest": "{}", "vault_password": ""}, "vault_password must not be empty"),
        ({"dest": "", "vault_password": ""}, "set it to the path of a folder. vault_password must not be empty"),
    ],
)
def test_options_are_refused_before_anything_is_sent(
    panel: Simulator, connect: Connect, tmp_path: Path, given: dict[str, str], said: str
) -> None:
    (tmp_path / "file").write_text("mine")
    error = failure(connect(panel), "export", **{name: value.format(tmp_path) for name, value in given.items()})
    assert error.code == "invalid_option"
    assert said in str(error)
    assert panel.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_module_process_encrypts_nothing(
    panel: Simulator, connect: Connect, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ansible.parsing.vault")
    error = failure(connect(panel), "export", dest=str(folder), vault_password=PASSWORD)
    assert (error.code, panel.requests, content(folder)) == ("invalid_option", [], {})
    assert "delegate_to: localhost" in str(error)
    assert run(connect(panel), "export", dest=str(folder))["changed"] is True


def test_a_full_disk_leaves_every_file_as_it_was(
    panel: Simulator, connect: Connect, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"dest": str(folder), "vault_password": PASSWORD}
    run(connect(panel), "export", **given)
    files = content(folder)
    furnish(panel, 2, 4)
    real, calls = os.fsync, []

    def third_fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(_files.os, "fsync", third_fails)
    error = failure(connect(panel), "export", **given)
    assert (error.code, content(folder)) == ("file_not_written", files)
    assert "No space left on device" in str(error)
    monkeypatch.undo()
    assert run(connect(panel), "export", **given)["changed"] is True


def test_a_panel_that_cannot_be_read_leaves_no_folder(any_panel: Simulator, connect: Connect, folder: Path) -> None:
    any_panel.fault("error", text="Not authorized", times=None)
    assert failure(connect(any_panel), "export", dest=str(folder)).code == "not_authorized"
    assert not folder.parent.exists()


def test_relative_paths_and_links_to_folders(
    panel: Simulator, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    for dest, folder in (("link", "real"), ("new/er", "new/er")):
        result = run(connect(panel), "export", dest=dest)
        assert {Path(file["path"]).parent for file in result["files"]} == {tmp_path / folder}
    assert (tmp_path / "link").is_symlink()


def test_a_client_never_shows_the_vault_password(panel: Simulator, connect: Connect, folder: Path) -> None:
    client = connect(panel)
    panel.fault("error", method="GET", path="dns", text=f"What is {PASSWORD}?", times=None)
    run(client, "export", dest=str(folder), vault_password=PASSWORD)
    assert "What is ********?" in " ".join(client.warnings)
