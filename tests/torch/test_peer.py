#!/usr/bin/env python3
"""Whether opjoule says of SpikingJelly's own models what SpikingJelly says of them: peer/compare.py on every case.

Needs a copy of SpikingJelly in $OPJ_SPIKINGJELLY; skipped without it.
"""

import os
import subprocess
import sys

if not os.environ.get("OPJ_SPIKINGJELLY"):
    print("test_peer.py: SKIPPED: OPJ_SPIKINGJELLY does not say where a copy of SpikingJelly is", file=sys.stderr)
    sys.exit(77)
compare = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer", "compare.py")
sys.exit(subprocess.run([sys.executable, compare]).returncode)
