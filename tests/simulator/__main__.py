# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulator as a program."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from . import Simulator, Tls, options


def main() -> None:
    """Listen until told to end."""
    arguments = _parser().parse_args()
    # Blocked before the first thread starts, so that all threads inherit it and only sigwait sees the signals.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        simulator = Simulator(
            arguments.generation,
            _tls(arguments.tls_dir),
            credential=arguments.credential,
            port=arguments.port,
            control_port=arguments.control_port,
            **dict(options.parse(setting) for setting in arguments.set),
        )
    except ValueError as error:
        sys.exit(str(error))
    with simulator:
        info = {
            "url": simulator.url,
            "control_url": simulator.control_url,
            "credential": simulator.credential,
            "ca_path": simulator.ca_path,
            "generation": simulator.generation,
            "pid": os.getpid(),
        }
        if arguments.info:
            _write_privately(arguments.info, json.dumps(info))
        print(json.dumps(info), flush=True)
        signal.sigwait(signals)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description="Simulate a VPN control panel on 127.0.0.1.")
    parser.add_argument("--generation", type=int, choices=(1, 2), default=1, help="generation of the API")
    parser.add_argument("--port", type=int, default=0, help="port of the panel (0: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control API (0: a free one)")
    parser.add_argument("--tls-dir", type=Path, help="speak TLS; authority and certificate are written there")
    parser.add_argument("--credential", help="access hash or token to let in (default: a random one)")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="set an option")
    parser.add_argument("--info", type=Path, help="file to write the line to that is printed when listening")
    return parser


def _tls(directory: Path | None) -> Tls | None:
    if directory is None:
        return None
    directory.mkdir(parents=True, exist_ok=True)
    return Tls(directory=directory)


def _write_privately(path: Path, text: str) -> None:
    """Write a file that is either not there or whole, for its owner only."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


if __name__ == "__main__":
    main()
