"""Where the facts lie that only tests may read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def need_shared(name: str) -> Path:
    """The file or folder; without it the test skips, but in CI it must be there."""
    path = SHARED / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"shared/{name} must lie beside the checkout in CI.")
        pytest.skip(f"shared/{name} does not lie beside this checkout.")
    return path


def webhook_samples() -> list[dict[str, Any]]:
    """Real webhook requests."""
    samples: list[dict[str, Any]] = json.loads(need_shared("facts/webhook-samples.json").read_text())["samples"]
    return samples
