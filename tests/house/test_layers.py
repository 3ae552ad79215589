"""The import law (docs/house.md) holds; `make check` runs the same contracts."""

from unittest.mock import patch

from importlinter.cli import lint_imports


def test_no_room_imports_a_higher_one(capsys):
    # Its command sets up logging for itself alone: every logger that there was falls silent.
    with patch("importlinter.cli._configure_logging"):
        outcome = lint_imports(no_cache=True, no_logo=True)
    assert outcome == 0, capsys.readouterr().out
