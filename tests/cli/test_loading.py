"""Actors by the names that a command line gives them, and what is said when there is none."""

import sys

import pytest

import swf.workflows  # noqa: F401 - the fixture below forgets what is imported later
from swf import settings
from swf.actors import ActivityWorker, Actor, Decider
from swf.cli import main
from swf.cli.loading import Given, load
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
            "The module shop has no 'Pakcer'. Did you mean 'packer'? It has: Orders, Packer, Other, Fixed, Named, "
            "orders, packer, other, same, both, number, nothing, text, failing.",
        ),
        (
            "empty:packer",
            ActivityWorker,
            Given(),
            "The module empty has no 'packer'. Nor has it any other actor.",
        ),
        (
            "shop:PRICE",
            ActivityWorker,
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
            "shop:Packer needs a task list. Give it: --task-list NAME",
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
            "shop:other",
            Decider,
            Given(),
            "shop:other is no Decider, but Other('shop', 'others', stopped). Run it with: swf run shop:other",
        ),
        (
            "classes",
            ActivityWorker,
            Given(),
            "The module classes has no ActivityWorker among its variables. Name a class of it: classes:Packer",
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
            "The module deep has no Decider among its variables. Name another module. In it are: deep.workers.",
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
            "shop:Packer",
            ActivityWorker,
            Given("x" * 257, "packing"),
            f"Domain: name '{'x' * 55}...' has 257 characters, and may have 256 at most.",
        ),
    ],
)
def test_a_name_that_stands_for_none_is_told_in_a_sentence(name, kind, given, said):
    with pytest.raises((ValidationError, ConfigurationError)) as raised:
        load([name], kind, given)

    assert str(raised.value) == said


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
