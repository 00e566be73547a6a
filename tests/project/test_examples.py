"""Every example of the documentation runs, in the README, in docs/ and in docstrings."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

import swf
from swf.connection import connect, current

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = sorted(module.name for module in pkgutil.walk_packages(swf.__path__, "swf.") if module.name != "swf.__main__")


class PythonSessionParser(PythonCodeBlockParser):
    """Finds what Sybil's own parser leaves out: the blocks that are marked ``pycon``."""

    @staticmethod
    def codeblock_parser_class(language, evaluator):
        return CodeBlockParser("pycon", evaluator)


@pytest.fixture(autouse=True)
def own_swf():
    """Examples that say no endpoint run on an SWF of their own."""
    with connect("local:") as own:
        yield
        # Examples connect as in a shell, where nobody closes what they opened.
        while (left_open := current()) is not own:
            left_open.close()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_document_run(document):
    parsers = [PythonCodeBlockParser, PythonSessionParser]
    sybil = Sybil([*(parser(doctest_optionflags=OPTIONS) for parser in parsers), SkipParser()])

    for example in sybil.parse(document).examples():
        example.evaluate()


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    module = importlib.import_module(name)

    failed, _ = doctest.testmod(module, optionflags=OPTIONS)

    assert failed == 0
