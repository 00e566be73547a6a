"""What ought to be registered, held against what SWF has, and made so.

- `manifest`: what ought to be registered. `schema`: as a file in TOML, JSON or YAML. `json_shapes`: what
  editors know of it.
- `target`: which SWF. `asking`: what it has.
- `items`, `comparing`: what becomes of each domain and type.
- `planning`: all of that, as a plan. `sentences`: what is said of it. `comment`: the plan for a pull request.
- `applying`: the plan carried out.
- `patience`: requests at the same time, and those that AWS throttles.

Types never change in SWF: what differs is told, and never made to fit. Only `applying` changes anything there.
"""

from swf.sync.applying import Applied, Result, apply
from swf.sync.asking import registered
from swf.sync.comment import markdown
from swf.sync.items import Item
from swf.sync.json_shapes import json_schema
from swf.sync.manifest import Manifest
from swf.sync.planning import Plan, plan, remaining
from swf.sync.schema import DeclaredDomain
from swf.sync.target import Target

__all__ = [
    "Applied",
    "DeclaredDomain",
    "Item",
    "Manifest",
    "Plan",
    "Result",
    "Target",
    "apply",
    "json_schema",
    "markdown",
    "plan",
    "registered",
    "remaining",
]
