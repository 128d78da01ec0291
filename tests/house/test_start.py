"""What `serve` does not need it does not load: a node that starts late answers late."""

import subprocess
import sys

from middleware.cli import MISCHIEF
from middleware.simulator import PRESETS


def test_the_commands_offer_every_preset_of_the_simulator() -> None:
    """They are named without loading it."""
    assert list(PRESETS) == list(MISCHIEF)


def test_the_server_starts_without_the_simulator() -> None:
    """It is a tenth of what there is to load."""
    loaded = "import sys, middleware.cli; print(any(name.startswith('middleware.simulator') for name in sys.modules))"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, text=True)
    assert "False\n" == told.stdout
