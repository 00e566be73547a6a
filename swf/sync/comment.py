"""A plan as Markdown, for a pull request's comment."""

import re
from collections.abc import Iterable, Iterator

from swf.sync.items import Item
from swf.sync.planning import Plan
from swf.sync.sentences import header, outcome


def markdown(plan: Plan) -> str:
    """Write a plan as Markdown: what changes or differs in colours, the rest folded away."""
    told = [item for item in plan.items if item.is_change or item.action == "differs"]
    rest = [item for item in plan.items if not (item.is_change or item.action == "differs")]
    return "\n\n".join(
        [
            f"### {_escaped(header(plan))}",
            *([_block(told, "diff")] if told else []),
            *([f"<details>\n<summary>{_as_they_are(rest)}</summary>\n\n{_block(rest)}\n\n</details>"] if rest else []),
            f"Fingerprint: `{plan.fingerprint}`\n",
        ]
    )


def _escaped(text: str) -> str:
    """Return text whose characters mean nothing to Markdown: the path of a file may have any."""
    return re.sub(r"[\\`*\[\]<>]", r"\\\g<0>", text)


def _as_they_are(items: list[Item]) -> str:
    return f"{len(items)} that {'stays' if len(items) == 1 else 'stay'} as {'it is' if len(items) == 1 else 'they are'}"


def _block(items: Iterable[Item], language: str = "") -> str:
    """Give lines in a fence that is longer than any in them: names in SWF may hold backticks."""
    lines = "\n".join(line for item in items for line in _lines(item))
    longest = max(map(len, re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{lines}\n{fence}"


def _lines(item: Item) -> Iterator[str]:
    where = "" if item.kind == "domain" else f" ({item.domain})"
    said = "; ".join(outcome(item))
    yield f"{item}{where}{': ' if said else ''}{said}"
