"""Fixtures for plans."""

import pytest

from swf.sync import Plan


@pytest.fixture
def saved(tmp_path):
    """Writes a plan to a file, and gives what is read from it."""

    def save(made):
        path = tmp_path / "plan.json"
        path.write_text(made.dumps(), encoding="utf-8")
        return Plan.load(path)

    return save
