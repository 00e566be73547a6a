"""Amazon Simple Workflow as Python objects, and an SWF on your own machine.

- `swf.models`: Domain, WorkflowType, ActivityType, WorkflowExecution, tasks, events, decisions, histories.
- `swf.querysets`: ask SWF for many of them.
- `swf.actors`: base classes for deciders and activity workers.
- `swf.connection`, `swf.settings`, `swf.credentials`: which SWF, and as whom.
- `swf.engine`: an SWF of this process, over SQLite.
- `swf.signals`, `swf.telemetry`, `swf.logs`: what actors do, as signals, as spans and metrics, in logs.
- `swf.payload`, `swf.failure`: JSON values, and why something failed, in SWF's texts.
- `swf.constants`, `swf.shapes`, `swf.exceptions`: SWF's words, limits and faults.

Importing `swf` imports none of them, and never boto3; ``swf.models`` and the like are imported when first used.
"""

import importlib
from types import ModuleType

_MODULES = frozenset(
    {
        "actors",
        "connection",
        "constants",
        "credentials",
        "engine",
        "exceptions",
        "failure",
        "logs",
        "models",
        "payload",
        "querysets",
        "settings",
        "shapes",
        "signals",
        "telemetry",
    }
)

__version__ = "1.0.0.dev0"


def __getattr__(name: str) -> ModuleType:
    """Import a module of the package when it is first named: ``swf.settings.explain()``."""
    if name in _MODULES:
        return importlib.import_module(f"swf.{name}")
    raise AttributeError(f"module 'swf' has no attribute {name!r}")
