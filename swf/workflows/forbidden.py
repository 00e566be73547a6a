"""What a workflow must not refer to, by the full names of Python, and what to do instead.

A name that ends with a dot stands for all functions below it.
"""

import attrs

CLOCK = "Use swf.workflows.now(), which is the same on each replay."
CHANCE = "Use swf.workflows.random(), which is the same on each replay."
UNIQUE = "Use swf.workflows.uuid4(), which is the same on each replay."
SLEEP = "Use asyncio.sleep(), which is a timer of SWF."
ACTIVITY = "Do it in an activity, or in side_effect()."
AWAIT = "Do it in an activity, and await that."
SURROUNDINGS = "Give it to run() as an argument, or read it in side_effect()."
ORDER = "Sort it, with sorted(); or use a list, or the keys of a dict."
STARTED = "It begins them in any order. Use swf.workflows.as_completed()."
HASH = "Compare the values themselves, or use hashlib."
FORGOTTEN = "Await it; or give it options(cancel='abandon'), if nobody is to wait for it."
CANCELED_CHILD = (
    "So it has no time to end by itself: give it options(cancel='wait'), or the parent child_policy = 'REQUEST_CANCEL'."
)
LEFT_CHILD = "Await it; or, if it is to outlive its parent, give the parent child_policy = 'ABANDON'."
FORGOTTEN_CHILD = (
    "Await it; or, if it is to go on alone, give it options(cancel='abandon') and the parent child_policy = 'ABANDON'."
)
UNAWAITED = "Await it: until then nothing of it is done."
INSIDE = "The workflow runs in an event loop already: await what is to be awaited."


@attrs.frozen
class Rule:
    """Names that a workflow must not use.

    Attributes:
        kind: What they have in common, in a word.
        remedy: What to do instead.
        names: The names.
    """

    kind: str
    remedy: str
    names: tuple[str, ...]


def _rule(kind: str, remedy: str, names: str) -> Rule:
    return Rule(kind, remedy, tuple(names.split()))


RULES = (
    _rule(
        "clock",
        CLOCK,
        """time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns
        time.process_time time.process_time_ns time.thread_time time.thread_time_ns time.localtime time.gmtime
        time.ctime time.clock_gettime time.clock_gettime_ns datetime.datetime.now datetime.datetime.utcnow
        datetime.datetime.today datetime.date.today""",
    ),
    _rule("sleep", SLEEP, "time.sleep"),
    _rule("random", CHANCE, "random. secrets. numpy.random. os.urandom os.getrandom"),
    _rule("uuid", UNIQUE, "uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 uuid.uuid8 uuid.getnode"),
    _rule(
        "socket",
        ACTIVITY,
        """socket. ssl. select. selectors. socketserver. http.client. urllib.request. ftplib. smtplib. imaplib.
        poplib. telnetlib. xmlrpc. boto3. botocore. requests. httpx. urllib3. aiohttp. redis. psycopg. psycopg2.
        pymongo. sqlite3. sqlalchemy.create_engine asyncio.open_connection asyncio.open_unix_connection
        asyncio.start_server asyncio.start_unix_server""",
    ),
    _rule(
        "thread",
        AWAIT,
        """threading.Thread threading.Timer _thread.start_new_thread concurrent.futures.ThreadPoolExecutor
        concurrent.futures.ProcessPoolExecutor multiprocessing. asyncio.to_thread asyncio.run_coroutine_threadsafe""",
    ),
    _rule("event loop", INSIDE, "asyncio.run asyncio.Runner asyncio.new_event_loop"),
    _rule(
        "file",
        ACTIVITY,
        """builtins.open builtins.input io.open io.open_code io.FileIO codecs.open os.open os.fdopen os.read os.write
        os.listdir os.scandir os.walk os.stat os.lstat os.access os.remove os.unlink os.rename os.replace os.mkdir
        os.makedirs os.rmdir os.removedirs os.link os.symlink os.chdir os.getcwd os.truncate os.utime os.path.exists
        os.path.isfile os.path.isdir os.path.getsize os.path.getmtime pathlib.Path.cwd pathlib.Path.home shutil.
        tempfile. glob. fileinput.""",
    ),
    _rule(
        "environment",
        SURROUNDINGS,
        """os.environ os.environb os.getenv os.getenvb os.getpid os.getppid os.getlogin os.uname os.cpu_count
        os.getloadavg os.path.expanduser os.path.expandvars sys.argv getpass. platform. locale.""",
    ),
    _rule(
        "subprocess",
        ACTIVITY,
        """subprocess. os.system os.popen os.fork os.forkpty os.posix_spawn os.posix_spawnp os.spawnl os.spawnle
        os.spawnlp os.spawnv os.spawnve os.spawnvp os.execl os.execv os.execve os.execvp os.kill
        asyncio.create_subprocess_exec asyncio.create_subprocess_shell""",
    ),
    _rule("hash", HASH, "builtins.hash builtins.id"),
    _rule("order", STARTED, "asyncio.as_completed"),
)

# Methods that are told by their names alone, whatever has them.
METHODS = {
    "read_text": ("file", ACTIVITY),
    "write_text": ("file", ACTIVITY),
    "read_bytes": ("file", ACTIVITY),
    "write_bytes": ("file", ACTIVITY),
    "iterdir": ("file", ACTIVITY),
    "run_in_executor": ("thread", AWAIT),
    "run_until_complete": ("event loop", INSIDE),
}

_BY_NAME = {name: rule for rule in RULES for name in rule.names}

# With a seed it gives the same on each replay.
SEEDED = "random.Random"


def rule_for(name: str, *, is_called: bool) -> Rule | None:
    """Give the rule that forbids a full name, or None.

    A name below one with a dot counts when it is called: an exception of such a module may be caught.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    while is_called and "." in name:
        name = name.rpartition(".")[0]
        if f"{name}." in _BY_NAME:
            return _BY_NAME[f"{name}."]
    return None
