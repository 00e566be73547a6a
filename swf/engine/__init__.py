"""An SWF of this process, over SQLite, that behaves as the service does.

- `service`: the engine itself: open, close, handle, attach.
- `protocol`, `validation`, `tokens`: AWS JSON, faults, requests against AWS's description, opaque tokens.
- `inprocess`: a boto3 client answered without a socket.
- `application`, `server`: engines over HTTP. `regions`, `control`, `signatures`: what stands behind that.
- `operations`: one function per operation.
- `decisions`, `deadlines`, `defaults`: SWF's rules, pure: from a state and a decision or a deadline to events.
- `transaction`, `projections`, `store`, `schema.sql`: events appended to runs, and the rows they change.
- `waiters`, `work`, `clock`: polls that wait, what is under way, time.
- `limits`, `throttle`, `counts`: quotas, who asks too often, what was asked for and refused.

Every change of an execution is an event that is appended to its history: it gets its number, changes the state, and is
projected to rows, in one transaction. It imports nothing of `swf` above the events, decisions and histories.
"""

from swf.engine.clock import RealClock, VirtualClock
from swf.engine.counts import Counts
from swf.engine.limits import Limits, Rate
from swf.engine.service import Engine

__all__ = ["Counts", "Engine", "Limits", "Rate", "RealClock", "VirtualClock"]
