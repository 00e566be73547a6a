"""Graphs: what waits for what."""

from hypothesis import given
from hypothesis import strategies as st

from swf.specs import Graph


@st.composite
def acyclic(draw):
    """Give dependencies of tasks on earlier ones."""
    count = draw(st.integers(1, 20))
    return {
        f"t{number}": tuple(f"t{each}" for each in draw(st.sets(st.integers(0, number - 1), max_size=4)) if number)
        if number
        else ()
        for number in range(count)
    }


@given(acyclic())
def test_each_task_stands_below_all_that_it_waits_for(dependencies):
    graph = Graph(dependencies)

    row = {id: number for number, layer in enumerate(graph.layers) for id in layer}

    assert set(row) == set(dependencies)
    assert graph.cycles == graph.unreachable == ()
    assert all(row[each] < row[id] for id, needed in dependencies.items() for each in needed)


@given(acyclic())
def test_a_task_waits_for_what_its_dependencies_wait_for(dependencies):
    graph = Graph(dependencies)

    for id in dependencies:
        for other in dependencies:
            by_way = any(each == other or graph.waits_for(each, other) for each in dependencies[id])
            assert graph.waits_for(id, other) == by_way


def test_several_cycles_are_found_and_what_waits_for_them():
    graph = Graph({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("e",), "e": ("c",), "f": ("a", "g"), "g": ()})

    assert {frozenset(cycle) for cycle in graph.cycles} == {frozenset("ab"), frozenset("cde")}
    assert graph.unreachable == ("f",)
    assert graph.order == ("g",)
