"""Forbidden calls are found in the code of workflows, and nowhere else."""

import textwrap

import pytest

from swf.exceptions import ValidationError
from swf.workflows.lint import lint, lint_text

HEAD = """\
import asyncio
import datetime as dt
import http.client
import os
import random
import socket
import subprocess
import threading
import time
import uuid
from datetime import date, datetime
from os import environ
from pathlib import Path
from time import sleep as pause

import requests

import swf.workflows
from swf.workflows import Workflow, activity, query, signal, side_effect, now, uuid4


@activity
def charge(amount):
    return open("/dev/null").read(), time.time(), amount


class Order(Workflow):
    async def run(self, names):
"""


def found(*lines):
    """Find what is forbidden in lines of ``run``: kinds and calls."""
    body = textwrap.indent("\n".join(lines), " " * 8)
    return [(each.kind, each.what) for each in lint_text(HEAD + body + "\n").findings]


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        ("return time.time()", "clock", "time.time()"),
        ("return time.monotonic_ns()", "clock", "time.monotonic_ns()"),
        ("return datetime.now()", "clock", "datetime.datetime.now()"),
        ("return dt.datetime.now(dt.UTC).date()", "clock", "datetime.datetime.now()"),
        ("return date.today()", "clock", "datetime.date.today()"),
        ("return [each() for each in (datetime.utcnow,)]", "clock", "datetime.datetime.utcnow"),
        ("pause(1)", "sleep", "time.sleep()"),
        ("return random.choice(names)", "random", "random.choice()"),
        ("return random.Random()", "random", "random.Random()"),
        ("return os.urandom(8)", "random", "os.urandom()"),
        ("import secrets; return secrets.token_hex()", "random", "secrets.token_hex()"),
        ("return str(uuid.uuid4())", "uuid", "uuid.uuid4()"),
        ("return socket.create_connection(('x', 1))", "socket", "socket.create_connection()"),
        ("return http.client.HTTPConnection('x')", "socket", "http.client.HTTPConnection()"),
        ("return requests.get('https://example.org')", "socket", "requests.get()"),
        ("return await asyncio.open_connection('x', 1)", "socket", "asyncio.open_connection()"),
        ("threading.Thread(target=print).start()", "thread", "threading.Thread()"),
        ("return await asyncio.to_thread(len, names)", "thread", "asyncio.to_thread()"),
        (
            "return await asyncio.get_running_loop().run_in_executor(None, len, names)",
            "thread",
            "asyncio.get_running_loop().run_in_executor()",
        ),
        ("return asyncio.run(self.other())", "event loop", "asyncio.run()"),
        ("return open('x').read()", "file", "open()"),
        ("return Path('x').read_text()", "file", "Path('x').read_text()"),
        ("return os.listdir('.')", "file", "os.listdir()"),
        ("return os.environ['HOME']", "environment", "os.environ"),
        ("return environ.get('HOME')", "environment", "os.environ"),
        ("return os.getenv('HOME')", "environment", "os.getenv()"),
        ("return subprocess.run(['true'])", "subprocess", "subprocess.run()"),
        ("return os.system('true')", "subprocess", "os.system()"),
        ("return [await each for each in asyncio.as_completed([self.other()])]", "order", "asyncio.as_completed()"),
        ("return hash('a')", "hash", "hash()"),
        ("return [name for name in set(names)]", "order", "the order of the set set(names)"),
        ("return list({'a', 'b'} | names)", "order", "the order of the set {'a', 'b'} | names"),
        ("return ','.join({name for name in names})", "order", "the order of the set {name for name in names}"),
        ("return await asyncio.gather(*map(charge, set(names)))", "order", "the order of the set set(names)"),
        ("return set(names).pop()", "order", "the order of the set set(names)"),
        ("return {name: 1 for name in frozenset(names)}", "order", "the order of the set frozenset(names)"),
    ],
)
def test_a_forbidden_call_in_run_is_found(line, kind, what):
    assert found(line) == [(kind, what)]


@pytest.mark.parametrize(
    "line",
    [
        "return now(), uuid4(), swf.workflows.random().random()",
        "await asyncio.sleep(1)",
        "return await charge(1)",
        "return await charge.local(1)",
        "return side_effect(lambda: time.time())",
        "return swf.workflows.side_effect(time.time)",
        "return side_effect(lambda: [open(name).read() for name in set(names)])",
        "return random.Random(7).random()",
        "return uuid.uuid5(uuid.NAMESPACE_DNS, 'example.org')",
        "return datetime(2030, 1, 1), datetime.fromisoformat('2030-01-01'), date(2030, 1, 1)",
        "return sorted(set(names)), len({1, 2}), max(set(names)), 1 in {1, 2}",
        "return sorted(name.upper() for name in set(names)), {name for name in set(names)}",
        "return os.path.join('a', 'b'), Path('a') / 'b', threading.Lock()",
        "open = names.get; return open('x')",
        "time = names; return time.time()",
        "return [time.time() for time in names]",
        "x: set[str] = names; return len(x)",
        "return time.time()  # swf: allow",
        "return time.time()  #swf: allow, for the log",
    ],
)
def test_what_gives_the_same_on_each_replay_is_not_found(line):
    assert found(line) == []


def test_a_workflow_is_one_whose_names_came_by_a_star():
    text = """
from swf.workflows import *
import time

class Order(Workflow):
    async def run(self):
        return time.time()
"""

    assert [(each.kind, each.what) for each in lint_text(text).findings] == [("clock", "time.time()")]


def test_a_variable_that_is_a_set_is_known_as_one():
    assert found("left = set(names)", "for name in left:", "    await charge(name)") == [
        ("order", "the order of the set left")
    ]


def test_a_variable_that_becomes_a_list_is_no_set():
    assert found("left = set(names)", "left = sorted(left)", "for name in left:", "    await charge(name)") == []


def lines(text):
    """Find what is forbidden in a module: lines and functions."""
    return [(each.line, each.function) for each in lint_text(textwrap.dedent(text)).findings]


def test_an_attribute_that_is_a_set_is_known_as_one():
    text = """\
    from swf.workflows import Workflow

    class Order(Workflow):
        def __init__(self):
            self.left = set()

        async def run(self):
            return [each for each in self.left]
    """

    assert lines(text) == [(8, "Order.run")]


def test_functions_that_a_workflow_uses_are_followed():
    text = """\
    import time
    from swf.workflows import Workflow

    def first():
        return second()

    def second():
        return time.time()

    def elsewhere():
        return time.time()

    class Price:
        def __init__(self):
            self.at = time.time()

        @classmethod
        def of(cls):
            return time.time()

        def unused(self):
            return time.time()

    class Order(Workflow):
        async def run(self):
            return list(map(first, [Price(), Price.of()]))
    """

    assert lines(text) == [(8, "second"), (15, "Price.__init__"), (19, "Price.of")]


def test_activities_queries_and_side_effects_may_do_what_they_like():
    text = """\
    import time
    from swf.workflows import Workflow, activity, query, side_effect

    @activity(version="2.0")
    def stamp():
        return time.time()

    @activity
    class Stamp:
        def execute(self):
            return time.time()

    def read_clock():
        return time.time()

    class Order(Workflow):
        @activity
        def stamped(self):
            return time.time()

        @query
        def age(self):
            return time.time()

        def read(self):
            return time.time()

        async def run(self):
            def clock():
                return time.time()

            await stamp()
            await Stamp()
            await self.stamped()
            return side_effect(read_clock), side_effect(self.read), side_effect(clock)
    """

    assert lines(text) == []


ACTIVITIES = """\
import asyncio

import swf.workflows
from swf.workflows import Activity, LambdaFunction, Workflow, activity, wait_condition, wait_for_signal

resize = Activity("Resize", "2.1")
upcase = LambdaFunction("upcase")


@activity
def charge(amount):
    return amount


@activity(task_list="kitchen")
class Chop:
    def execute(self):
        return 1


class Other(Workflow):
    async def run(self):
        return 1


class Order(Workflow):
    @activity
    def pack(self, item):
        return item

    def note(self, item):
        return item

    async def charge(self):
        return 1

    async def run(self, order):
"""


@pytest.mark.parametrize(
    "call",
    [
        "charge(30)",
        "charge.options(task_list='fast')(30)",
        "Chop()",
        "self.pack('apples')",
        "resize({'picture': 'cat.png'})",
        "upcase('hello')",
        "Other.child()",
        "Other.options(workflow_id='other').child()",
        "asyncio.sleep(5)",
        "wait_condition(bool, timeout=5)",
        "wait_for_signal('go')",
        "swf.workflows.wait_for_signal('go')",
        "self.charge()",
    ],
)
def test_a_call_that_nobody_awaits_is_found(call):
    (finding,) = lint_text(f"{ACTIVITIES}        {call}\n").findings

    assert (finding.kind, finding.what) == ("await", f"{call} without await")
    assert finding.remedy.startswith("Await it")
    assert finding.line == len(ACTIVITIES.splitlines()) + 1


@pytest.mark.parametrize(
    "line",
    [
        "await charge(30)",
        "call = charge(30)",
        "return charge(30)",
        "charge.options(cancel='abandon')(30)",
        "charge(30)  # swf: allow",
        "charge.local(30)",
        "charge.fn(30)",
        "self.note('apples')",
        "Other()",
        "charge = print; charge(30)",
    ],
)
def test_a_call_that_somebody_awaits_or_that_is_none_is_not_found(line):
    assert lint_text(f"{ACTIVITIES}        {line}\n").findings == ()


LEFT_ALONE = """\
from swf.constants import ABANDON, TERMINATE
from swf.workflows import ChildWorkflow, Workflow
from elsewhere import Base

named = ChildWorkflow("Other", "1.0", task_list="others")

class Other(Workflow):
    async def run(self):
        return 1

class Lasting(Workflow):
    child_policy = ABANDON

class Inherited(Workflow):
    async def run(self):
        Other.options(cancel="abandon").child()

class Heir(Inherited):
    child_policy = ABANDON

"""


@pytest.mark.parametrize("head", ["Order(Workflow)", "Order(Lasting)"])
@pytest.mark.parametrize(
    "call",
    [
        "Other.options(cancel='abandon').child()",
        "Other.options(cancel='abandon', workflow_id='other').child()",
        "named.options(cancel='abandon')()",
        "await Other.child().started",
        "await named().started",
    ],
)
def test_a_child_that_is_left_alone_and_ends_with_its_parent_is_found(head, call):
    policy = "" if head == "Order(Workflow)" else "    child_policy = TERMINATE\n"
    text = f"{LEFT_ALONE}class {head}:\n{policy}    async def run(self):\n        {call}\n"

    (finding,) = lint_text(text).findings

    told = call.removeprefix("await ").removesuffix(".started")
    assert (finding.kind, finding.what, finding.function) == ("child", f"{told} is left alone", "Order.run")
    assert finding.remedy == ("Await it; or, if it is to outlive its parent, give the parent child_policy = 'ABANDON'.")
    assert finding.line == len(text.splitlines())


@pytest.mark.parametrize(("policy", "count"), [("TERMINATE", 1), ("ABANDON", 0)])
def test_a_child_that_is_left_alone_is_looked_at_in_all_that_inherit_the_workflow(policy, count):
    call = "Other.options(cancel='abandon').child()"
    heir = f"class Later(Order):\n    child_policy = '{policy}'\n\nclass Latest(Later):\n    version = '2.0'\n"
    text = f"{LEFT_ALONE}class Order(Workflow):\n    async def run(self):\n        {call}\n\n{heir}"

    assert len(lint_text(text).findings) == count


@pytest.mark.parametrize(
    "head",
    [
        "Order(Workflow):\n    child_policy = 'TERMINATE'\n    child_policy = 'ABANDON'",
        "Order(Workflow):\n    child_policy = 'ABANDON'",
        "Order(Workflow):\n    child_policy: str = ABANDON",
        "Order(Lasting):\n    version = '2.0'",
        "Order(Workflow):\n    child_policy = policy_of_the_house()",
        "Order(Base, Workflow):\n    version = '2.0'",
    ],
)
@pytest.mark.parametrize("call", ["Other.options(cancel='abandon').child()", "await Other.child().started"])
def test_a_child_that_may_outlive_its_parent_is_not_found(head, call):
    assert lint_text(f"{LEFT_ALONE}class {head}\n    async def run(self):\n        {call}\n").findings == ()


def test_all_methods_of_a_workflow_are_looked_at():
    text = """\
    import random
    import swf.workflows as durable

    class Base(durable.Workflow):
        def choose(self):
            return random.random()

    class Mixin:
        def mixed(self):
            return random.random()

    class Order(Mixin, Base):
        @durable.signal
        def paid(self):
            self.by = random.random()

        async def run(self):
            return self.choose()
    """

    assert lines(text) == [(6, "Base.choose"), (10, "Mixin.mixed"), (15, "Order.paid")]


def test_the_methods_of_a_class_with_parameters_are_looked_at():
    text = """\
    import random
    from swf.workflows import Workflow

    class Mixin:
        def mixed(self):
            return random.random()

    class Order(Mixin[int], Workflow):
        async def run(self):
            return 1
    """

    assert lines(text) == [(6, "Mixin.mixed")]


def test_a_class_may_have_the_name_of_one_that_it_inherits():
    text = """\
    import random
    from swf.workflows import Workflow

    class Base:
        pass

    class Other(Base):
        def mixed(self):
            return random.random()

    class Base(Other):
        pass

    class Order(Base, Workflow):
        async def run(self):
            await Order.options(cancel="abandon").child().started
    """

    assert lines(text) == [(9, "Other.mixed"), (16, "Order.run")]


def test_a_class_that_is_no_workflow_is_not_looked_at():
    text = """\
    import time

    class Workflow:
        def run(self):
            return time.time()
    """

    assert lint_text(textwrap.dedent(text)).workflows == ()
    assert lines(text) == []


def test_a_comment_beside_def_is_for_the_whole_function():
    text = """\
    import time
    from swf.workflows import Workflow

    class Order(Workflow):
        async def run(self):  # swf: allow
            return time.time()

        def other(self):
            return time.time()
    """

    assert lines(text) == [(9, "Order.other")]


def test_a_finding_tells_where_what_and_what_to_do():
    text = "import time\nfrom swf.workflows import Workflow\nclass Order(Workflow):\n    def run(self): time.sleep(1)\n"

    (finding,) = lint_text(text, "shop.py").findings

    assert str(finding) == (
        "shop.py:4:20: sleep: time.sleep() in Order.run. Use asyncio.sleep(), which is a timer of SWF."
    )


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A package in the current folder, whose workflow inherits from one module and uses another."""
    package = tmp_path / "shop"
    (package / ".hidden").mkdir(parents=True)
    (package / ".hidden" / "broken.py").write_text("class", encoding="utf-8")
    (package / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (package / "base.py").write_text(
        "import time\nfrom swf.workflows import Workflow\n\n"
        "class Base(Workflow):\n    def at(self):\n        return time.time()\n",
        encoding="utf-8",
    )
    (package / "prices.py").write_text("import random\n\ndef price():\n    return random.random()\n", encoding="utf-8")
    (package / "orders.py").write_text(
        "from . import prices\nfrom .base import Base\n\n"
        "class Order(Base):\n    async def run(self):\n        return prices.price()\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    return package


@pytest.mark.parametrize("source", ["shop", "./shop", "shop.orders shop.base shop.prices"])
def test_files_folders_and_modules_are_read_and_not_run(shop, source):
    report = lint(source.split())

    assert [each.function for each in report.findings] == ["Base.at", "price"]
    assert sorted(report.workflows) == ["shop.base.Base", "shop.orders.Order"]


def test_a_workflow_is_known_by_the_name_of_a_base_that_is_not_read(tmp_path):
    path = tmp_path / "orders.py"
    path.write_text(
        "import time\nfrom shop.base import ShopWorkflow\n\n"
        "class Order(ShopWorkflow):\n    def run(self):\n        return time.time()\n",
        encoding="utf-8",
    )

    assert [each.line for each in lint([path]).findings] == [6]


def test_two_scripts_of_one_name_are_both_read(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.py").write_text(
            "import time\nfrom swf.workflows import Workflow\n\n"
            "class Order(Workflow):\n    def run(self):\n        return time.time()\n",
            encoding="utf-8",
        )

    assert [each.line for each in lint([tmp_path]).findings] == [6, 6]


def test_a_file_that_is_no_python_is_told_with_its_line(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import time\nclass\n", encoding="utf-8")

    (finding,) = lint([path]).findings

    assert (finding.kind, finding.line, finding.remedy) == ("syntax", 2, "Mend it.")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("shopp", "There is no file, folder or module 'shopp'. Did you mean 'shop'?"),
        ("nowhere.to/be.found", "There is no file, folder or module"),
        ("sys", "There is no file, folder or module 'sys'."),
    ],
)
def test_a_source_that_is_not_there_is_refused(shop, source, sentence):
    with pytest.raises(ValidationError) as refused:
        lint([source])

    assert str(refused.value).startswith(sentence)
