# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that starts modules quickly: in forks of a process that has already imported what they import.

Of Ansible and of the collection nothing is imported before: a module takes them from its zip file, as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from .forks import ForkServer

# The interpreter, which hands itself over. Whatever is not just a file to run, or would import from somewhere else, is
# for the Python that it stands for.
SCRIPT = """\
#!{python} -ISE
import _socket, array, json, os, sys
if len(sys.argv) != 2 or not os.path.isfile(sys.argv[1]) or os.environ.get("PYTHONPATH", {imports!r}) != {imports!r}:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
umask = os.umask(0)
os.umask(umask)
order = dict(command=[sys.argv[1]], folder=os.getcwd(), environment=dict(os.environ), umask=umask)
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
server.connect({address!r})
streams = array.array("i", [0, 1, 2])
server.sendmsg([json.dumps(order).encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
pid, code = server.recv(16), server.recv(16)
os._exit(int(code))
"""


class Interpreter(ForkServer):
    """An interpreter at ``path``."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(environment, "ansible.module_utils.basic, requests")
        self.path = self.folder / "python"
        imports = environment["PYTHONPATH"]
        self.path.write_text(SCRIPT.format(python=sys.executable, address=self.address, imports=imports))
        self.path.chmod(0o755)
