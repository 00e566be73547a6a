"""Graphs as pictures."""

from xml.etree import ElementTree

import pytest

from swf.specs.drawing import COLOURS, FORMATS, dot, mermaid, svg
from tests.specs.writing import activity, of_input, spec_of

SVG = "{http://www.w3.org/2000/svg}"


def drawn():
    return spec_of(
        activity('a "1"'),
        {"id": "<b>", "timer": 60, "dependencies": ['a "1"']},
        activity("c", "<b>", 'a "1"', for_each={"items": of_input()}),
        {"id": "d", "signal": "go"},
        {"id": "e", "lambda": "count", "dependencies": ["d"], "when": {"value": of_input(), "equals": 1}},
        {"id": "f", "workflow": {"name": "Child", "version": "2"}},
        {"id": "g", "timer": of_input()},
    )


def test_mermaid_has_each_task_and_each_dependency():
    assert mermaid(drawn()).splitlines() == [
        "flowchart TD",
        '    t0["a &quot;1&quot;<br/>Work 1"]',
        '    t1["&lt;b&gt;<br/>timer 60 s"]',
        '    t2["c<br/>Work 1 (for each)"]',
        '    t3["d<br/>signal go"]',
        '    t4["e<br/>lambda count (if)"]',
        '    t5["f<br/>workflow Child 2"]',
        '    t6["g<br/>timer"]',
        "    t0 --> t1",
        "    t1 --> t2",
        "    t0 --> t2",
        "    t3 --> t4",
    ]


def test_mermaid_has_the_states_of_an_execution():
    spec = spec_of(activity("a"), activity("b", "a"))

    lines = mermaid(spec, {"a": "completed", "b": "open"}).splitlines()

    assert "    class t0 completed" in lines
    assert "    class t1 open" in lines


def test_dot_quotes_what_it_has_to():
    lines = dot(drawn()).splitlines()

    assert lines[0] == 'digraph "spam" {'
    assert any(line.startswith('    "a \\"1\\"" [label="a \\"1\\"\\nWork 1"') for line in lines)
    assert '    "<b>" -> "c";' in lines
    assert lines[-1] == "}"


def test_svg_has_a_box_for_each_task_and_no_two_in_one_place():
    root = ElementTree.fromstring(svg(drawn(), dict.fromkeys(drawn().tasks, "open")))

    boxes = [rect.attrib for rect in root.iter(f"{SVG}rect")]
    names = [group.find(f"{SVG}text").text for group in root.iter(f"{SVG}g")]
    width, height = float(root.get("width")), float(root.get("height"))
    assert names == ['a "1"', "<b>", "c", "d", "e", "f", "g"]
    assert len(root.findall(f"{SVG}path")) == 4
    assert {box["fill"] for box in boxes} == {COLOURS["open"][0]}
    for number, box in enumerate(boxes):
        left, right = float(box["x"]), float(box["x"]) + float(box["width"])
        assert 0 <= left < right <= width
        assert 0 <= float(box["y"]) <= height - float(box["height"])
        for other in boxes[:number]:
            apart = right < float(other["x"]) or float(other["x"]) + float(other["width"]) < left
            assert apart or box["y"] != other["y"]


def test_svg_has_a_task_below_what_it_waits_for():
    root = ElementTree.fromstring(svg(drawn()))

    rows = {group.find(f"{SVG}text").text: float(group.find(f"{SVG}rect").get("y")) for group in root.iter(f"{SVG}g")}

    assert rows['a "1"'] < rows["<b>"] < rows["c"]
    assert rows["d"] < rows["e"]
    assert rows["d"] == rows["f"] == rows["g"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_graph_of_many_tasks_is_drawn(form):
    tasks = [activity(f"t{number}", *{f"t{number // 2}", f"t{number // 3}"} - {f"t{number}"}) for number in range(300)]

    assert FORMATS[form](spec_of(*tasks), None).count("t299") >= 1
