"""README is under test where it can be: its tables say what the code says."""

import re
from pathlib import Path

from click.testing import CliRunner
from pydantic import SecretStr

from middleware.cli import main
from middleware.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


def settings_table() -> str:
    """The table as the code knows it; README holds exactly this."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.is_required() else _shown(field.get_default(call_default_factory=True))
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    if default is None or default == []:
        return "none"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, SecretStr):
        return _shown(default.get_secret_value())
    return f"`{int(default) if isinstance(default, float) and default.is_integer() else default}`"


def test_the_settings_table_is_the_settings() -> None:
    """A setting nobody can find does not exist."""
    found = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)
    assert found is not None
    assert settings_table() == found[1]


def test_every_command_is_in_the_table() -> None:
    """And every command there exists."""
    commands = set(re.findall(r"^\| `python -m middleware (\w+)`", README, re.MULTILINE))
    assert set(main.commands) == commands


def test_every_target_named_in_readme_is_in_the_makefile() -> None:
    """Two commands do everything, so they had better exist."""
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    spans = re.findall(r"`make ([^`]+)`|^make (\w+)", README, re.MULTILINE)
    named = {word for span in spans for word in " ".join(span).split() if "=" not in word}
    assert {"demo", "test"} <= named
    assert [] == [target for target in sorted(named) if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


def test_help_names_every_command() -> None:
    """Whoever types the name alone is shown the way."""
    told = CliRunner().invoke(main, ["--help"]).output
    assert [] == [name for name in main.commands if name not in told]


def test_every_file_linked_from_readme_is_there() -> None:
    """No dead ends."""
    root = Path(__file__).parents[2]
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert [] == [link for link in links if not (root / link).exists()]
