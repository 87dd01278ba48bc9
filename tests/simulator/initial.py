# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a panel that nobody has touched yet."""

from __future__ import annotations

from typing import Any

HOSTNAME = "vpn.example.com"
EXTERNAL_IP = "203.0.113.200"
DNS_1 = "192.0.2.8"
DNS_2 = "192.0.2.1"
PANEL_RULE = "system_PUQVPNCP"

FIREWALL_CONF = {
    "internal_traffic": False,
    "ip_forward": True,
    "policy_forward": "ACCEPT",
    "policy_input": "ACCEPT",
    "policy_output": "ACCEPT",
}

FIREWALL_FILTER = [
    {
        "action": "ACCEPT",
        "chain": "INPUT",
        "d_ip": "0.0.0.0/0",
        "d_port": "8098",
        "name": PANEL_RULE,
        "protocol": "TCP",
        "s_ip": "0.0.0.0/0",
        "s_port": "0",
    }
]

DNS = {"enabled": True, "forwarders_1": "203.0.113.10", "forwarders_2": "203.0.113.20", "max_cache_ttl": 3600}

BUILT_IN_LISTS = ("Steven Black Unified", "OISD Small", "Pete Lowe", "Hagezi Multi Pro")

ADBLOCK = {
    "enabled": False,
    "last_update": "",
    "lists": {
        name: {
            "name": name,
            "url": f"https://lists.example.com/{number}.txt",
            "enabled": number == 1,
            "builtin": True,
            "domains": 0,
        }
        for number, name in enumerate(BUILT_IN_LISTS, 1)
    },
    "whitelist": [],
}

SYSTEM_CONFIG = {"traffic_statistics_frequency": 5, "traffic_statistics_history": 2, "wireguard_handshake_uptime": 180}

SUBJECT_FIELDS = (
    "common_name",
    "country_name",
    "locality",
    "organization",
    "organizational_unit",
    "state_or_province_name",
)

IKEV2: dict[str, Any] = {
    **{f"{kind}_{field}": "" for kind in ("ca", "server") for field in (*SUBJECT_FIELDS, "cert", "key")},
    "ca_common_name": HOSTNAME,
    "ca_organization": HOSTNAME,
    "server_common_name": HOSTNAME,
    "server_organization": HOSTNAME,
    "server_domain": HOSTNAME,
    "server_ip": EXTERNAL_IP,
    "server_ipv6": "",
    "enabled": False,
}

CHARON_GROUPS = [
    "dmn",
    "mgr",
    "ike",
    "chd",
    "job",
    "cfg",
    "knl",
    "net",
    "asn",
    "enc",
    "lib",
    "esp",
    "tls",
    "tnc",
    "imc",
    "imv",
    "pts",
]

IKEV2_ADVANCED: dict[str, Any] = {
    **{f"charondebug_{group}": 0 for group in CHARON_GROUPS},
    "authby": "pubkey",
    "closeaction": "none",
    "compress": "no",
    "dpdaction": "clear",
    "dpddelay": 300,
    "dpdtimeout": 150,
    "esp": "aes256-sha256,chacha20poly1305-sha512,aes256-sha1,aes256gcm16-ecp384,3des-sha1!",
    "forceencaps": "yes",
    "fragmentation": "yes",
    "ike": "aes256-sha1-modp1024,aes128-sha1-modp1024,chacha20poly1305-sha512-curve25519-prfsha512,"
    "aes256gcm16-sha384-prfsha384-ecp384,3des-sha1-modp1024!",
    "ikelifetime": 86400,
    "inactivity": 86400,
    "installpolicy": "yes",
    "keyingtries": 5,
    "lifetime": 3600,
    "margintime": 600,
    "mobike": "yes",
    "modeconfig": "pull",
    "reauth": "yes",
    "rekey": "no",
    "rekeyfuzz": 100,
    "strictcrlpolicy": "no",
    "type": "tunnel",
    "uniqueids": "no",
}

OTL_CONFIG = {
    "after_body": "\n<hr>\n<p>Example footer</p>\n\t",
    "before_body": "\n<h1>Example heading</h1>\n\t",
    "css": "\n* {\n\tbackground-color: #FFFFFF;\n}\n",
    "lifetime": 10,
    "not_relevant": "\n<h1>Example text for a dead link</h1>\n\t",
    "title": "Example title",
}

_BUTTONS = {
    f"button{number}_{part}": text
    for number in range(1, 7)
    for part, text in (("label", f"Label {number}"), ("link", f"https://{HOSTNAME}/client-{number}"))
}

OTL_CONFIG_WIREGUARD: dict[str, Any] = {
    **_BUTTONS,
    "download_config_button_label": "Example label",
    "enable": True,
    "enable_config_qr": True,
    "enable_config_text": True,
}

OTL_CONFIG_IKEV2: dict[str, Any] = {
    **_BUTTONS,
    "download_certificate_button_label": "Example label",
    "download_profile_button_label": "Example label",
    "enable": True,
}

LOGGING_SWITCHES = [
    "enabled",
    "enabled_influxdb",
    "enabled_remote_syslog",
    "established",
    "incoming",
    "interface_in",
    "interface_out",
    "invalid",
    "len",
    "mark",
    "new",
    "related",
    "tos",
    "untracked",
]

TRAFFIC_LOGGING: dict[str, Any] = {
    **dict.fromkeys(LOGGING_SWITCHES, False),
    "influxdb_bucket": "",
    "influxdb_organization": "",
    "influxdb_token": "",
    "influxdb_url": "",
    "remote_syslog_server": "",
    "remote_syslog_server_port": 514,
}

BACKUP_CONFIG = {
    "backup_to_ftp": False,
    "every_day": False,
    "every_day_hour": 0,
    "every_day_minute": 0,
    "every_day_statistics": False,
    "every_hour": False,
    "every_hour_minute": 0,
    "every_hour_statistics": False,
    "ftp_password": "",
    "ftp_path": "",
    "ftp_server": "",
    "ftp_server_port": 21,
    "ftp_user": "",
    "number_backups": 10,
}
