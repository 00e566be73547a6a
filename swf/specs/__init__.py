"""Workflows from documents: types, tasks and what becomes of them in JSON or YAML, decided by a service.

- `document`: files, read and checked. `checking`, `schema.json`: against a schema. `base`: what all types have in
  common.
- `dag`: workflows of tasks that wait for each other. `tasks`, `inputs`, `conditions`, `paths`: what they say.
  `graph`: which waits for which.
- `progress`: how far an execution is, made of `openings`, what is open in SWF, and `parts`, the values it keeps.
  `news`: what each event means to it, one fold. `deciding`: what is next, given that.
- `decider`: both as a service. `registering`: workflow types as documents want them.
- `trying`: a document tried out in one process. `drawing`: graphs as pictures.

What is decided follows from the document and the history alone. Only `decider`, `registering` and `trying` talk to SWF.
"""

from swf.specs.base import Following, Problem, Registration, Spec, decide
from swf.specs.dag import Dag
from swf.specs.decider import SpecDecider
from swf.specs.deciding import decisions_of
from swf.specs.document import Document, load, loads
from swf.specs.graph import Graph

__all__ = [
    "Dag",
    "Document",
    "Following",
    "Graph",
    "Problem",
    "Registration",
    "Spec",
    "SpecDecider",
    "decide",
    "decisions_of",
    "load",
    "loads",
]
