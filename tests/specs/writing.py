"""Documents written briefly, for tests."""

import json

from swf.specs import loads

SPAM = ("spam", "1.0")


def activity(id, *dependencies, **said):
    """Give an activity task as a document has it."""
    task = {"id": id, "type": {"name": "Work", "version": "1"}, **said}
    return {**task, "dependencies": list(dependencies)} if dependencies else task


def written(*tasks, **workflow):
    """Give a document with one workflow."""
    return {
        "version": "1.0",
        "workflows": [{"spec_type": "dag", "name": "spam", "version": "1.0", "tasks": list(tasks), **workflow}],
    }


def spec_of(*tasks, **workflow):
    """Give a workflow of such tasks."""
    return loads(json.dumps(written(*tasks, **workflow))).spec("spam")


def result_of(id, path="$", **said):
    return {"type": "dependency-result", "id": id, "path": path, **said}


def of_input(path="$", **said):
    return {"type": "workflow-input", "path": path, **said}
