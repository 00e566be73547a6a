"""Actors by the names that a command line gives them, and what is said when there is none."""

import sys

import pytest

import swf.workflows  # noqa: F401 - the fixture below forgets what is imported later
from swf import settings
from swf.actors import ActivityWorker, Actor, Decider
from swf.cli import main
from swf.cli.loading import Asked, Given, load
from swf.cli.workflows import workflows_of
from swf.exceptions import ConfigurationError, ValidationError

SHOP = """
from swf.actors import ActivityWorker, Actor, Decider

PRICE = 5


class Orders(Decider):
    def decide(self, task):
        return None


class Packer(ActivityWorker):
    def perform(self, task):
        return None


class Other(Actor):
    pass


class Fixed(Packer):
    def __init__(self):
        super().__init__("shop", "fixed")


class Named(Packer):
    def __init__(self, domain, task_list, name):
        super().__init__(domain, task_list)


orders, packer, other = Orders("shop", "orders"), Packer("shop", "packing"), Other("shop", "others")
same = packer


def both():
    return [Orders("shop", "a"), Packer("shop", "b")]


def made(domain, task_list):
    yield Packer(domain, task_list)


def pair(domain, task_list):
    return [Orders(domain, task_list), Packer(domain, task_list)]


def number():
    return 5


def nothing():
    return None


def text():
    return "packer"


def failing():
    return [][0]


def handle(task):
    return None


class Holder:
    packer = Packer("shop", "held")
"""


DECLARED = """
from swf.workflows import Workflow, activity


@activity(task_list="packing")
def pack(order: str) -> str:
    return order


class Order(Workflow):
    task_list = "orders"

    async def run(self, order: str) -> str:
        return await pack(order)


class Packing(Workflow):
    task_list = "packing"

    async def run(self) -> None:
        return None
"""


ABSTRACT = """
from abc import ABC, abstractmethod

from swf.workflows import Workflow


class Base(Workflow, ABC):
    task_list = "orders"

    @abstractmethod
    async def run(self) -> None: ...


class Order(Base):
    async def run(self) -> None:
        return None
"""


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    """A folder with modules, as the current one."""
    for name, text in {
        "shop.py": SHOP,
        "empty.py": "",
        "classes.py": "from shop import Orders, Packer",
        "needy.py": "import no_such_package",
        "slip.py": "def price():\n    return 1 / 0\n\nprice()\n",
        "leaving.py": "import sys\nsys.exit('no more')\n",
        "unparsed.py": "def price(:\n",
        "wrong.py": "from swf.actors import Decider\norders = Decider(5, 'orders')\n",
        "declared.py": DECLARED,
        "deep/__init__.py": "",
        "deep/workers.py": "from shop import packer",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("SWF_CONFIG", str(tmp_path / ".swf"))
    (tmp_path / ".swf").touch(mode=0o600)
    monkeypatch.delenv("SWF_DOMAIN", raising=False)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "kind", "given", "expected"),
    [
        ("shop", Decider, Given(), "[Orders('shop', 'orders', stopped)]"),
        ("shop", ActivityWorker, Given(), "[Packer('shop', 'packing', stopped)]"),
        (
            "shop",
            Actor,
            Given(),
            "[Orders('shop', 'orders', stopped), Packer('shop', 'packing', stopped), Other('shop', 'others', stopped)]",
        ),
        ("shop:packer", ActivityWorker, Given(), "[Packer('shop', 'packing', stopped)]"),
        ("shop:Packer", ActivityWorker, Given("bakery", "flour"), "[Packer('bakery', 'flour', stopped)]"),
        ("shop:Fixed", ActivityWorker, Given(), "[Fixed('shop', 'fixed', stopped)]"),
        ("shop:both", Actor, Given(), "[Orders('shop', 'a', stopped), Packer('shop', 'b', stopped)]"),
        ("shop:made", ActivityWorker, Given("bakery", "flour"), "[Packer('bakery', 'flour', stopped)]"),
        ("shop:Holder.packer", ActivityWorker, Given(), "[Packer('shop', 'held', stopped)]"),
        ("deep.workers", ActivityWorker, Given(), "[Packer('shop', 'packing', stopped)]"),
        (
            "declared",
            Actor,
            Given("shop"),
            "[WorkflowDecider('shop', 'orders', stopped), WorkflowDecider('shop', 'packing', stopped), "
            "ActivityRunner('shop', 'packing', stopped)]",
        ),
        ("declared", ActivityWorker, Given("shop"), "[ActivityRunner('shop', 'packing', stopped)]"),
        ("declared", Decider, Given("shop", "orders"), "[WorkflowDecider('shop', 'orders', stopped)]"),
    ],
)
def test_a_name_stands_for_actors(name, kind, given, expected):
    assert repr(load([name], kind, given)) == expected


def test_workflows_and_activities_are_looked_at_without_asking_anybody(monkeypatch):
    # Nobody is there: what asked would not end well.
    monkeypatch.setenv("SWF_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.clear()

    code = main(["run", "declared", "--domain", "shop", "--check"])

    assert code == 0


def test_an_actor_that_is_named_twice_runs_once():
    assert len(load(["shop:packer", "shop:same", "deep.workers"], ActivityWorker, Given())) == 1


def test_a_class_is_for_the_domain_of_the_settings_unless_another_is_said():
    settings.set(domain="bakery")
    try:
        (packer,) = load(["shop:Packer"], ActivityWorker, Given(task_list="flour"))
        (other,) = load(["shop:Packer"], ActivityWorker, Given("shop", "flour"))
    finally:
        settings.clear()

    assert (packer.domain.name, other.domain.name) == ("bakery", "shop")


@pytest.mark.parametrize(
    ("name", "kind", "given", "said"),
    [
        (
            "shpo:packer",
            ActivityWorker,
            Given(),
            "There is no module 'shpo' in the current folder, nor is it installed. Did you mean 'shop'? Run the "
            "command where it is, or install it.",
        ),
        (
            "deep.worker",
            ActivityWorker,
            Given(),
            "There is no module 'worker' in the package deep. Did you mean 'workers'? Run the command where it is, or "
            "install it.",
        ),
        (
            "deep/workers.py",
            ActivityWorker,
            Given(),
            "'deep/workers.py' is no name of a module. Write it as in an import, with dots: deep.workers",
        ),
        (
            ":packer",
            ActivityWorker,
            Given(),
            "'' is no name of a module. Write it as in an import, with dots: shop.workers",
        ),
        (
            "needy:packer",
            ActivityWorker,
            Given(),
            "needy needs the module 'no_such_package', which is not there. Install it.",
        ),
        (
            "slip:packer",
            ActivityWorker,
            Given(),
            "slip cannot be imported: ZeroDivisionError: division by zero. Mend it where the traceback says.",
        ),
        (
            "leaving:packer",
            ActivityWorker,
            Given(),
            "leaving cannot be imported: SystemExit: no more. Mend it where the traceback says.",
        ),
        (
            "wrong:orders",
            Decider,
            Given(),
            "wrong cannot be imported: swf.exceptions.ValidationError: Domain: name 5 must be text, not int. Mend it "
            "where the traceback says.",
        ),
        (
            "shop:Pakcer",
            ActivityWorker,
            Given(),
            "The module shop has no 'Pakcer'. Did you mean 'packer'? It has: Packer, Fixed, packer, same. It has "
            "functions that may give one: both, made, pair, number, nothing, text, failing.",
        ),
        (
            "empty:packer",
            ActivityWorker,
            Given(),
            "The module empty has no 'packer'. Nor has it any other ActivityWorker.",
        ),
        (
            "shop:PRICE",
            ActivityWorker,
            Given(),
            "shop:PRICE is 5, and no actor. Name an ActivityWorker, a class of such, or a function that gives some.",
        ),
        (
            "shop:PRICE",
            Actor,
            Given(),
            "shop:PRICE is 5, and no actor. Name a Decider or an ActivityWorker, a class of such, or a function that "
            "gives some.",
        ),
        (
            "shop:number",
            ActivityWorker,
            Given(),
            "shop:number gave 5, and no actor. Have it return one, or several.",
        ),
        (
            "shop:text",
            ActivityWorker,
            Given(),
            "shop:text gave 'packer', and no actor. Have it return one, or several.",
        ),
        (
            "shop:nothing",
            ActivityWorker,
            Given(),
            "shop:nothing gave None, and no actor. Have it return one, or several.",
        ),
        (
            "shop:failing",
            ActivityWorker,
            Given(),
            "shop:failing failed when it was called with (): IndexError: list index out of range.",
        ),
        (
            "shop:handle",
            ActivityWorker,
            Given(),
            "shop:handle takes (task). Name a function that takes nothing, or a domain and a task list, and gives an "
            "actor.",
        ),
        (
            "shop:Named",
            ActivityWorker,
            Given("shop", "packing"),
            "shop:Named takes (domain, task_list, name). Name a function that takes nothing, or a domain and a task "
            "list, and gives an actor.",
        ),
        (
            "shop:Packer",
            ActivityWorker,
            Given(task_list="packing"),
            "shop:Packer needs a domain. Give it: --domain NAME, or set SWF_DOMAIN, or domain under [defaults] in "
            "~/.swf.",
        ),
        (
            "shop:Packer",
            ActivityWorker,
            Given("shop"),
            "shop:Packer needs a task list. Give it: shop:Packer@TASKLIST, or --task-list TASKLIST",
        ),
        (
            "shop:packer",
            ActivityWorker,
            Given("shop", "packing"),
            "shop:packer says itself which domain and task list it is for, so --domain and --task-list cannot change "
            "that. Leave it out, or name a class.",
        ),
        (
            "shop",
            ActivityWorker,
            Given(task_list="packing"),
            "shop says itself which domain and task list it is for, so --task-list cannot change that. Leave it out, "
            "or name a class.",
        ),
        (
            "shop:orders",
            ActivityWorker,
            Given(),
            "shop:orders is no ActivityWorker, but Orders('shop', 'orders', stopped). Run it with: swf decider run "
            "shop:orders",
        ),
        (
            "shop:packer",
            Decider,
            Given(),
            "shop:packer is no Decider, but Packer('shop', 'packing', stopped). Run it with: swf worker run "
            "shop:packer",
        ),
        (
            "shop:Packer@packing",
            Decider,
            Given("shop"),
            "shop:Packer is no Decider, but Packer('shop', 'packing', stopped). Run it with: swf worker run "
            "shop:Packer@packing",
        ),
        (
            "shop:other",
            Decider,
            Given(),
            "shop:other is no Decider, but Other('shop', 'others', stopped). Run it with: swf run shop:other",
        ),
        (
            "classes",
            ActivityWorker,
            Given(),
            "The module classes has no ActivityWorker among its variables. Name another module.",
        ),
        (
            "declared",
            Actor,
            Given("shop", "order"),
            "declared declares nothing for the task list 'order', but for: orders, packing.",
        ),
        (
            "declared",
            Actor,
            Given(),
            "No domain is given. Name one with --domain NAME, set SWF_DOMAIN, or write domain under [defaults] in the "
            "file ~/.swf. To see which there are: swf domains ls",
        ),
        ("empty", Actor, Given(), "The module empty has no Actor among its variables. Name another module."),
        (
            "deep",
            Decider,
            Given(),
            "The module deep has no Decider among its variables. Name another module. In it are: deep.workers",
        ),
        (
            "declared:pack",
            ActivityWorker,
            Given("shop"),
            "declared:pack is DeclaredActivity('pack', '1.0'), and no actor. Name its module: declared. Its workflows "
            "and activities are run together.",
        ),
        (
            "declared:Order",
            Decider,
            Given("shop"),
            "declared:Order is <class 'declared.Order'>, and no actor. Name its module: declared. Its workflows and "
            "activities are run together.",
        ),
        (
            "declared:pack",
            Decider,
            Given("shop"),
            "declared:pack is DeclaredActivity('pack', '1.0'), and no actor. Name its module, to another command: swf "
            "worker run declared",
        ),
        (
            "declared:Order",
            ActivityWorker,
            Given("shop"),
            "declared:Order is <class 'declared.Order'>, and no actor. Name its module, to another command: swf "
            "decider run declared",
        ),
        (
            "declared",
            ActivityWorker,
            Given("shop", "orders"),
            "declared declares no activity for the task list 'orders', but for: packing.",
        ),
        (
            "shop:Packer",
            ActivityWorker,
            Given("shop" * 65, "packing"),
            "Domain: name 'shopshopshopshopshopshopshopshopshopshopshopshopshopsho...' has 260 characters, and may "
            "have 256 at most.",
        ),
    ],
)
def test_a_name_that_stands_for_none_is_told_in_a_sentence(name, kind, given, said):
    with pytest.raises((ValidationError, ConfigurationError)) as raised:
        load([name], kind, given)

    assert str(raised.value) == said


VIDEO = """
from abc import ABC, abstractmethod

from swf.actors import ActivityWorker, Actor, Decider, activity, workflow
from swf.workflows import ActivityRunner, WorkflowDecider


class Base(Decider):
    pass


class Planned(Decider, ABC):
    @abstractmethod
    def decide(self, task):
        pass


class VideoDecider(Base):
    def decide(self, task):
        return None


class Listening(Decider):
    def on_workflow_execution_started(self, task, event):
        return None


class Marked(Decider):
    @workflow("Video", "1.0")
    def video(self, task):
        return None


class Needy(VideoDecider):
    def __init__(self, domain, task_list, codec):
        super().__init__(domain, task_list)


class _Private(VideoDecider):
    pass


class Encoder(ActivityWorker):
    @activity("Encode", "1.0")
    def encode(self, task):
        return None


class Other(Actor):
    pass


def deciders() -> list[VideoDecider]:
    return [VideoDecider("shop", "videos")]


def workers() -> "list[ActivityWorker]":
    return [Encoder("shop", "encoding")]


def price() -> int:
    return 5


def main():
    return None


def handle(task):
    return None
"""


@pytest.fixture
def video(shop):
    """A module that defines actors, and imports what it makes them with; a package that gives out what is in it."""
    (shop / "video.py").write_text(VIDEO, encoding="utf-8")
    (shop / "films").mkdir()
    (shop / "films" / "__init__.py").write_text(
        "from films.deciding import FilmDecider\nfrom shop import Orders\n", encoding="utf-8"
    )
    (shop / "films" / "deciding.py").write_text(
        "from swf.actors import Decider\n\n\nclass FilmDecider(Decider):\n    def decide(self, task):\n        pass\n",
        encoding="utf-8",
    )
    (shop / "tools.py").write_text("def main():\n    pass\n", encoding="utf-8")
    (shop / "activities.py").write_text(
        "from swf.workflows import activity\n\n\n@activity(task_list='a')\ndef pack() -> None: ...\n", encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        (
            "video",
            Decider,
            "The module video has no Decider among its variables. Name what it defines: video:VideoDecider, "
            "video:Listening, video:Marked, video:deciders",
        ),
        (
            "video",
            ActivityWorker,
            "The module video has no ActivityWorker among its variables. Name what it defines: video:Encoder, "
            "video:workers",
        ),
        (
            "video",
            Actor,
            "The module video has no Actor among its variables. Name what it defines: video:VideoDecider, "
            "video:Listening, video:Marked, video:Encoder, video:deciders, video:workers",
        ),
        (
            "video:Encodr",
            ActivityWorker,
            "The module video has no 'Encodr'. Did you mean 'Encoder'? It has: Encoder, workers. It has functions "
            "that may give one: main.",
        ),
        (
            "video:Encodr",
            Decider,
            "The module video has no 'Encodr'. It has: VideoDecider, Listening, Marked, deciders. It has functions "
            "that may give one: main.",
        ),
        (
            "films",
            Decider,
            "The module films has no Decider among its variables. Name what it defines: films:FilmDecider",
        ),
        (
            "films",
            ActivityWorker,
            "The module films has no ActivityWorker among its variables. What it has runs with: swf decider run "
            "films:FilmDecider",
        ),
        (
            "deep.workers",
            Decider,
            "The module deep.workers has no Decider among its variables. What it has runs with: swf worker run "
            "deep.workers",
        ),
        (
            "activities",
            Decider,
            "The module activities has no Decider among its variables. What it has runs with: swf worker run "
            "activities",
        ),
        (
            "tools",
            Actor,
            "The module tools has no Actor among its variables. Name a function of it, if that gives some: tools:main",
        ),
    ],
)
def test_a_hint_leads_only_to_what_the_module_defines_and_the_command_can_run(video, name, kind, said):
    with pytest.raises(ValidationError) as raised:
        load([name], kind, Given("shop"))

    assert str(raised.value) == said


def test_each_name_of_a_hint_can_be_run(video):
    for name in ("VideoDecider", "Listening", "Marked", "deciders"):
        given = Given() if name == "deciders" else Given("shop", "videos")

        (actor,) = load([f"video:{name}"], Decider, given)

        actor.check()


# Task lists


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (
            ["video:VideoDecider@videos", "video:Encoder@encoding"],
            Given("shop"),
            "[VideoDecider('shop', 'videos', stopped), Encoder('shop', 'encoding', stopped)]",
        ),
        (
            ["video:VideoDecider", "video:Encoder@encoding"],
            Given("shop", "videos"),
            "[VideoDecider('shop', 'videos', stopped), Encoder('shop', 'encoding', stopped)]",
        ),
        (
            ["video:Encoder@a", "video:Encoder@b"],
            Given("shop"),
            "[Encoder('shop', 'a', stopped), Encoder('shop', 'b', stopped)]",
        ),
        (
            ["video:VideoDecider", "video:Listening"],
            Given("shop", "videos"),
            "[VideoDecider('shop', 'videos', stopped), Listening('shop', 'videos', stopped)]",
        ),
        # One name for two lists, said of each.
        (
            ["video:VideoDecider@videos", "video:Encoder@videos"],
            Given("shop"),
            "[VideoDecider('shop', 'videos', stopped), Encoder('shop', 'videos', stopped)]",
        ),
        # The user's own code has it so.
        (
            ["shop:pair"],
            Given("shop", "videos"),
            "[Orders('shop', 'videos', stopped), Packer('shop', 'videos', stopped)]",
        ),
        (["declared@orders"], Given("shop"), "[WorkflowDecider('shop', 'orders', stopped)]"),
        (
            ["declared"],
            Given("shop", "packing"),
            "[WorkflowDecider('shop', 'packing', stopped), ActivityRunner('shop', 'packing', stopped)]",
        ),
    ],
)
def test_a_name_may_have_a_task_list_of_its_own(video, names, given, expected):
    assert repr(load(names, Actor, given)) == expected


@pytest.mark.parametrize("task_list", ["host:17:5c7f", "a@b", "@", "with space", "a:b@c:d"])
def test_a_task_list_begins_behind_the_first_at_and_may_have_others_in_it(task_list):
    assert Asked.read(f"shop:Packer@{task_list}") == Asked("shop:Packer", task_list)


@pytest.mark.parametrize(
    ("names", "given", "said"),
    [
        (
            ["video:VideoDecider", "video:Encoder"],
            Given("shop", "videos"),
            "--task-list videos is one list for deciders (video:VideoDecider) and workers (video:Encoder). In SWF "
            "decision tasks and activity tasks wait in separate lists, even where these have one name, so to one of "
            "the two no task may ever come. Give each its own: video:VideoDecider@TASKLIST video:Encoder@TASKLIST",
        ),
        (
            ["video:Encoder@"],
            Given("shop"),
            "video:Encoder@ names no task list behind its @. Write video:Encoder@packing, or video:Encoder alone.",
        ),
        (
            ["video:"],
            Given("shop"),
            "video: names nothing behind its colon. Write video:NAME, or video alone.",
        ),
        (
            ["video:@encoding"],
            Given("shop"),
            "video:@encoding names nothing behind its colon. Write video:NAME, or video alone.",
        ),
        (
            ["video:Encoder@encoding"],
            Given("shop", "videos"),
            "--task-list videos is for names without a task list of their own, and there is none. Leave it out.",
        ),
        (
            ["shop:packer@encoding"],
            Given(),
            "shop:packer says itself which domain and task list it is for, so @encoding cannot change that. Leave it "
            "out, or name a class.",
        ),
        (
            ["shop@encoding"],
            Given("shop"),
            "shop says itself which domain and task list it is for, so --domain and @encoding cannot change that. "
            "Leave it out, or name a class.",
        ),
        (
            ["declared@order"],
            Given("shop"),
            "declared declares nothing for the task list 'order', but for: orders, packing.",
        ),
    ],
)
def test_a_task_list_that_cannot_be_meant_is_refused(video, names, given, said):
    with pytest.raises(ValidationError) as raised:
        load(names, Actor, given)

    assert str(raised.value) == said


def test_a_workflow_that_is_there_to_be_subclassed_is_not_decided_on(shop):
    (shop / "abstract.py").write_text(ABSTRACT, encoding="utf-8")

    assert [each.__name__ for each in workflows_of(["abstract"])] == ["Order"]
    assert [actor.workflows for actor in load(["abstract"], Decider, Given("shop"))] == [
        tuple(workflows_of(["abstract"]))
    ]
    with pytest.raises(ValidationError, match=r"has no workflow 'Base'\. It has: Order\.$"):
        workflows_of(["abstract:Base"])


def traceback_of(name):
    with pytest.raises(ValidationError) as raised:
        load([name], ActivityWorker, Given())
    (note,) = raised.value.__notes__
    return note


def test_a_traceback_has_nothing_but_code_of_the_user(shop):
    assert traceback_of("slip:packer") == (
        "Traceback (most recent call last):\n"
        f'  File "{shop}/slip.py", line 4, in <module>\n'
        "    price()\n"
        f'  File "{shop}/slip.py", line 2, in price\n'
        "    return 1 / 0\n"
        "           ~~^~~\n"
        "ZeroDivisionError: division by zero"
    )


def test_code_that_is_no_python_is_shown_where_it_is_not(shop):
    assert traceback_of("unparsed:packer") == (
        f'  File "{shop}/unparsed.py", line 1\n    def price(:\n              ^\nSyntaxError: invalid syntax'
    )


def test_code_of_a_library_is_left_out_of_a_traceback(shop):
    told = traceback_of("wrong:packer")

    assert f'File "{shop}/wrong.py", line 2' in told
    assert told.count("File ") == 1
