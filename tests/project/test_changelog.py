"""The changelog lists every change."""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_every_change_is_included_in_the_changelog():
    changelog = (DOCS / "changelog.md").read_text(encoding="utf-8")

    left_out = [
        path.name for path in (DOCS / "changes").glob("*.md") if f"{{include}} changes/{path.name}\n" not in changelog
    ]

    assert left_out == []
