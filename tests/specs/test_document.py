"""Documents: what loads, and what is told of what does not."""

import datetime
import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import yaml
from jsonschema import Draft7Validator

from swf.exceptions import SpecError
from swf.models import WorkflowType
from swf.shapes import TypeId
from swf.specs import load, loads
from swf.specs.checking import schema
from swf.specs.inputs import Constant, DependencyResult, NoInput, Object, WorkflowInput
from swf.specs.tasks import Activity
from tests.specs.writing import activity, of_input, result_of, written

COFFEE = {"task_timeout": 5, "execution_timeout": 3600, "task_list": "coffee"}


def refused(document):
    with pytest.raises(SpecError) as error:
        loads(document if isinstance(document, str) else json.dumps(document), name="w.json")
    return error.value


@pytest.mark.parametrize("registration", ["registration", "registration_defaults"])
def test_a_document_of_version_1_is_read(registration):
    document = loads(
        json.dumps(
            written(
                {
                    "id": "foo",
                    "type": {"name": "spam-foo", "version": "0.3"},
                    "heartbeat": 60,
                    "timeout": "NONE",
                    "task_list": "eggs",
                    "priority": 1,
                    "input": {"type": "workflow-input"},
                },
                {
                    "id": "bar",
                    "type": {"name": "spam-foo", "version": "0.4"},
                    "input": {
                        "type": "object",
                        "items": {
                            "nothing": {"type": "none"},
                            "three": {"type": "constant", "value": 3},
                            "id": {"type": "workflow-input", "path": "$.id", "default": None},
                            "egg": {"type": "dependency-result", "id": "foo", "path": "$.eggs[0]"},
                        },
                    },
                    "dependencies": ["foo"],
                },
                description="Spam, eggs and spam.",
                **{registration: COFFEE},
            )
        )
    )

    spec = document.spec("spam", "1.0")

    assert spec.description == "Spam, eggs and spam."
    assert spec.tasks["foo"].work == Activity(
        type=TypeId("spam-foo", "0.3"), heartbeat=60, timeout="NONE", task_list="eggs", priority=1
    )
    assert spec.tasks["foo"].input == WorkflowInput("$")
    assert spec.tasks["bar"].dependencies == ("foo",)
    assert spec.tasks["bar"].input == Object(
        {
            "nothing": NoInput(),
            "three": Constant(3),
            "id": WorkflowInput("$.id", None),
            "egg": DependencyResult("foo", "$.eggs[0]"),
        }
    )
    assert spec.workflow_type("shop") == WorkflowType(
        "shop",
        "spam",
        "1.0",
        description="Spam, eggs and spam.",
        task_list="coffee",
        execution_timeout=3600,
        decision_tasks_timeout=5,
        child_policy=None,
    )


def test_a_document_in_yaml_may_have_versions_without_quotes(tmp_path):
    path = tmp_path / "workflows.yml"
    path.write_text("""
version: 1.0
workflows:
  - spec_type: dag
    name: spam
    version: 1.10
    tasks:
      - {id: foo, type: {name: spam-foo, version: 2020}, input: {type: constant, value: {version: 1.10}}}
""")

    [spec] = load(path)

    assert (spec.version, spec.tasks["foo"].work.type.version) == ("1.10", "2020")
    assert spec.tasks["foo"].input == Constant({"version": 1.1})


@pytest.mark.parametrize("version", ["1", "1.0", "1.7", "1.0.3"])
def test_any_version_1_is_read(version):
    assert len(loads(json.dumps({**written(activity("foo")), "version": version}))) == 1


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([], "workflows[0].tasks: is an empty list."),
        ([activity("a", timout=5)], "workflows[0].tasks[0]: there is no member 'timout' here. Did you mean 'timeout'?"),
        ([{"type": {"name": "n", "version": "1"}}], "workflows[0].tasks[0]: 'id' is missing."),
        ([{"id": "a"}], "workflows[0].tasks[0]: must have one of type, lambda, workflow, timer, signal."),
        ([activity("a", timer=5)], "workflows[0].tasks[0]: has 'type' and 'timer', and may have only one of them."),
        ([activity("a", type={"name": "n"})], "workflows[0].tasks[0].type: 'version' is missing."),
        (
            [activity("a", timeout="5")],
            "tasks[0].timeout: must be whole seconds from 0 to 99,999,999, or NONE, not '5'.",
        ),
        ([activity("a", priority=1.5)], "workflows[0].tasks[0].priority: must be a whole number, not 1.5."),
        ([activity("a", priority=1.0)], "workflows[0].tasks[0].priority: must be a whole number, not 1.0."),
        ([{"id": "a", "timer": 5.0}], "workflows[0].tasks[0].timer: must be a whole number, not 5.0."),
        (
            [{"id": "a", "timer": {"type": "constant", "value": "soon"}}],
            "workflows[0].tasks[0].timer.value: is to wait for 'soon' seconds.",
        ),
        ([{"id": "a", "timer": {"type": "none"}}], "workflows[0].tasks[0].timer: is to wait for nothing seconds."),
        (
            [activity("a", for_each={"items": {"type": "constant", "value": 5}})],
            "workflows[0].tasks[0].for_each.items.value: is to be done for each item of a list, and 5 is none.",
        ),
        (
            [activity("a", input=of_input("order.id"))],
            "workflows[0].tasks[0].input.path: 'order.id' is no JSON path: it does not begin with $.",
        ),
        ([activity("a", dependencies="b")], "workflows[0].tasks[0].dependencies: must be a list, not 'b'."),
        ([activity("a"), activity("b", "a", "a")], "workflows[0].tasks[1].dependencies: has 'a' twice."),
        ([activity("a", "b")], "workflows[0].tasks[0].dependencies[0]: there is no task 'b'."),
        ([activity("fetch"), activity("b", "fecth")], "there is no task 'fecth'. Did you mean 'fetch'?"),
        ([activity("a", "a")], "workflows[0].tasks[0].dependencies[0]: 'a' is the task itself."),
        ([activity("a"), activity("a")], "workflows[0].tasks[1].id: 'a' is the id of tasks[0] already."),
        ([activity("x" * 257)], "x' has 257 characters, and may have 256 at most. It is the activity id, too"),
        ([activity("swf.a")], "workflows[0].tasks[0].id: 'swf.a' begins with 'swf.'"),
        (
            [activity("a", for_each={"items": {"type": "constant", "value": []}}), activity("a[0]")],
            "workflows[0].tasks[1].id: 'a[0]' is what an item of the task 'a' is called.",
        ),
        (
            [activity("a", "b"), activity("b", "c"), activity("c", "a")],
            "the tasks wait for each other: a -> b -> c -> a.",
        ),
        ([activity("a", "b"), activity("b", "a"), activity("c", "b")], "tasks[2]: the task 'c' can never begin"),
        (
            [activity("a", input={"type": "fnord"})],
            "tasks[0].input.type: must be one of none, constant, workflow-input",
        ),
        ([activity("a", input={"type": "constant"})], "workflows[0].tasks[0].input: 'value' is missing."),
        ([activity("a", input=of_input("$.["))], "workflows[0].tasks[0].input.path: '$.[' is no JSON path"),
        ([activity("a", input=of_input("id"))], "workflows[0].tasks[0].input.path: 'id' is no JSON path"),
        ([activity("a", input=result_of("b"))], "workflows[0].tasks[0].input.id: there is no task 'b'."),
        (
            [activity("a"), activity("b", input={"type": "object", "items": {"x": result_of("a")}})],
            "workflows[0].tasks[1].input.items.x.id: 'a' need not be done by then. Add it to the dependencies",
        ),
        ([activity("a", input={"type": "item"})], "workflows[0].tasks[0].input: there is no item here"),
        ([activity("a", input={"type": "constant", "value": "x" * 32767})], "is to be sent 32,769 characters of JSON"),
        (
            [activity("a", type={"name": "\ud800", "version": "1"})],
            "tasks[0]: ScheduleActivityTask: activity_type",
        ),
        (
            [{"id": "a", "workflow": {"name": "\ud800", "version": "1"}}],
            "tasks[0]: StartChildWorkflowExecution: workflow_type",
        ),
        (
            [activity("a", task_list="x" * 257)],
            "workflows[0].tasks[0].task_list: has 257 characters, and may have 256 at most.",
        ),
        (
            [activity("a", compensation={"type": {"name": "\ud800", "version": "1"}})],
            "tasks[0].compensation: ScheduleActivity",
        ),
        (
            [activity("a", input={"type": "constant", "value": [float("nan")]})],
            "input.value[0]: nan is no number that JSON",
        ),
        ([{"id": "a", "timer": 5, "heartbeat": 5}], "workflows[0].tasks[0]: 'heartbeat' is there for what has 'type'."),
        (
            [{"id": "a", "timer": 5, "task_list": "x"}],
            "workflows[0].tasks[0]: 'task_list' is there for what has 'type' or 'workflow'.",
        ),
        ([{"id": "a", "timer": -1}], "workflows[0].tasks[0].timer: must be at least 0, not -1."),
        ([{"id": "a", "timer": 5, "retry": {"max_attempts": 2}}], "tasks[0].retry: only activities, Lambda functions"),
        ([activity("a", retry={})], "workflows[0].tasks[0].retry: 'max_attempts' is missing."),
        ([activity("a", retry={"max_attempts": 0})], "tasks[0].retry.max_attempts: must be at least 1, not 0."),
        ([activity("a", retry={"max_attempts": 2, "on": ["bad"]})], "retry.on[0]: must be one of failed, timed_out"),
        ([activity("a", on_failure="contniue")], "not 'contniue'. Did you mean 'continue'?"),
        ([activity("a", on_failure="compensate")], "workflows[0].tasks[0].on_failure: no task has a compensation"),
        ([activity("a", when={"value": of_input()})], "tasks[0].when: must have one of equals, not_equals, in"),
        ([activity("a", when={"value": of_input(), "equals": 1, "in": []})], "has 'equals' and 'in'"),
        ([activity("a", when={"equals": 1})], "workflows[0].tasks[0].when: must have one of all, any, not, value."),
        ([activity("a", when={"value": result_of("a"), "equals": 1})], "tasks[0].when.value.id: 'a' need not be done"),
        ([activity("a", for_each={})], "workflows[0].tasks[0].for_each: 'items' is missing."),
        ([activity("a", for_each={"items": of_input(), "limit": 0})], "for_each.limit: must be at least 1, not 0."),
        ([activity("a", for_each={"items": {"type": "item"}})], "tasks[0].for_each.items: there is no item here"),
        ([activity("a", compensation={"type": {"name": "n", "version": "1"}, "when": {}})], "no member 'when' here"),
    ],
)
def test_a_mistake_in_a_task_is_told_with_its_place(tasks, told):
    assert told in str(refused(written(*tasks)))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"spec_type": "dga"}, "workflows[0].spec_type: there is no spec_type 'dga'. Did you mean 'dag'?"),
        ({"name": ""}, "workflows[0].name: is an empty text."),
        ({"name": 5}, "workflows[0].name: must be a text, not 5."),
        (
            {"name": "My::Flow"},
            "workflows[0]: WorkflowType: name 'My::Flow' contains ':', which SWF refuses where a type",
        ),
        (
            {"registration": {"task_list": "x" * 257}},
            "workflows[0].registration.task_list: has 257 characters, and may have 256 at most.",
        ),
        ({"version": "x" * 65}, "workflows[0].version: has 65 characters, and may have 64 at most."),
        ({"descripton": "x"}, "there is no member 'descripton' here. Did you mean 'description'?"),
        ({"registration": {"task_timeout": -1}}, "workflows[0].registration.task_timeout: must be whole seconds"),
        ({"registration": {"child_policy": "KILL"}}, "must be one of TERMINATE, REQUEST_CANCEL, ABANDON, not 'KILL'."),
        ({"registration": {}, "registration_defaults": {}}, "has registration and registration_defaults"),
        ({"output": result_of("b")}, "workflows[0].output.id: there is no task 'b'."),
        ({"output": {"type": "item"}}, "workflows[0].output: there is no item here"),
    ],
)
def test_a_mistake_in_a_workflow_is_told_with_its_place(changes, told):
    assert told in str(refused(written(activity("a"), **changes)))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "w.json is no JSON: "),
        ("[]", "w.json: must be an object, not a list."),
        ("{}", "'version' and 'workflows' are missing."),
        ({"version": "2.0", "workflows": []}, "version: '2.0' is no version of this format that is known here."),
        ({"version": "1.0", "workflows": []}, "workflows: is an empty list."),
        ({"version": "1.0", "workflows": [5]}, "workflows[0]: must be an object, not 5."),
        (
            {"version": "1.0", "workflows": written(activity("a"))["workflows"] * 2},
            "'spam' has the version '1.0' twice.",
        ),
        ('{"version": "1.0", "version": "1.1"}', "the key 'version' twice"),
    ],
)
def test_what_is_no_document_is_told(document, told):
    assert told in str(refused(document))


def test_all_mistakes_are_told_at_once():
    bad_form = {**written(activity("a", timout=5))["workflows"][0], "name": "eggs"}
    bad_tasks = written(activity("a", "b"), activity("swf.b", "a"))["workflows"][0]

    error = refused({"version": "1.0", "workflows": [bad_form, bad_tasks]})

    assert [problem.partition(":")[0] for problem in error.problems] == [
        "workflows[0].tasks[0]",
        "workflows[1].tasks[0].dependencies[0]",
        "workflows[1].tasks[1].id",
    ]
    assert str(error).startswith("w.json has 3 mistakes:\n")


def test_a_mistake_in_yaml_is_told_with_its_line():
    text = yaml.safe_dump(written(activity("a", timeout="soon")), sort_keys=False)
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if "soon" in line)

    with pytest.raises(SpecError, match=rf"workflows\[0\]\.tasks\[0\]\.timeout \(line {line}\): must be whole seconds"):
        loads(text, "yaml")


def test_what_yaml_has_and_json_has_not_is_told_once():
    constant = {"type": "constant", "value": datetime.date(2030, 1, 31)}
    text = yaml.safe_dump(written(activity("a", input=constant, task_list=datetime.date(2030, 1, 31))))

    with pytest.raises(SpecError) as error:
        loads(text, "yaml")

    assert [problem.partition(" (line ")[0] for problem in error.value.problems] == [
        "workflows[0].tasks[0].input.value",
        "workflows[0].tasks[0].task_list",
    ]
    assert all("is a date, which JSON does not have" in problem for problem in error.value.problems)


def test_members_in_yaml_are_called_as_they_are_written():
    text = """
    version: "1.0"
    workflows:
      - spec_type: dag
        name: spam
        version: "1.0"
        tasks:
          - id: a
            type: {name: Work, version: "1"}
            retry: {max_attempts: 2, on: [failed]}
            input: {type: constant, value: {1.10: one, ~: none, yes: true}}
    """

    task = loads(text, "yaml").spec("spam").tasks["a"]

    assert task.retry.on == ("failed",)
    assert task.input == Constant({"1.10": "one", "~": "none", "yes": True})


@pytest.mark.parametrize("text", ["", "# nothing yet", "null"])
def test_an_empty_document_is_told(text):
    with pytest.raises(SpecError, match=r"^document is empty\. Write a version and workflows into it\.$"):
        loads(text, "yaml")


def test_a_short_text_that_stands_for_much_is_refused():
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]

    with pytest.raises(SpecError, match="has more than 1,000,000 values, once all that aliases stand for is written"):
        loads("\n".join(lines), "yaml")


def test_aliases_may_say_things_once():
    text = """
    version: "1.0"
    workflows:
      - spec_type: dag
        name: spam
        version: "1.0"
        tasks:
          - &work {id: a, type: {name: Work, version: "1"}, timeout: 5}
          - {<<: *work, id: b}
    """

    assert [task.work.timeout for task in loads(text, "yaml").spec("spam").tasks.values()] == [5, 5]


def test_mistakes_are_told_in_the_order_of_the_document():
    error = refused(written(*(activity(f"t{number}", timeout="soon") for number in range(12))))

    assert [problem.partition(".timeout")[0] for problem in error.problems] == [
        f"workflows[0].tasks[{number}]" for number in range(12)
    ]


def test_what_is_wrong_beside_the_form_is_told_with_it():
    error = refused(
        written(
            activity("a", timeout="soon"),
            activity("b", "a", input=result_of("a", "no path")),
            activity("c", input=result_of("a")),
            activity(5, "gone"),
            {"id": "d", "dependencies": ["e"]},
            activity("e", "d"),
            output=5,
        )
    )

    assert [problem.partition(":")[0] for problem in error.problems] == [
        "workflows[0].output",
        "workflows[0].tasks[0].timeout",
        "workflows[0].tasks[3].id",
        "workflows[0].tasks[4]",
        "workflows[0].tasks[1].input.path",
        "workflows[0].tasks[2].input.id",
        "workflows[0].tasks[3].dependencies[0]",
        "workflows[0].tasks[4]",
    ]
    assert error.problems[-1].endswith("the tasks wait for each other: d -> e -> d. Break the circle.")


def test_references_are_looked_at_beside_a_circle():
    error = refused(written(activity("a", "b"), activity("b", "a"), activity("c"), activity("d", input=result_of("c"))))

    assert "workflows[0].tasks[3].input.id: 'c' need not be done by then" in str(error)


def test_a_document_that_holds_itself_is_refused():
    with pytest.raises(SpecError, match="too deep to be read"):
        loads("version: '1.0'\nworkflows: &again [*again]\n", "yaml")


@pytest.mark.parametrize(
    ("name", "told"), [("gone.json", "There is no file"), ("w.txt", "no suffix that tells its format")]
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, name, told):
    (tmp_path / "w.txt").write_text("{}")

    with pytest.raises(SpecError, match=told):
        load(tmp_path / name)


def test_a_workflow_is_found_by_name_and_version():
    twice = [written(activity("a"), version=version)["workflows"][0] for version in ("1.0", "1.1")]
    document = loads(json.dumps({"version": "1.0", "workflows": twice}))

    assert document.spec("spam", "1.1").version == "1.1"
    with pytest.raises(SpecError, match=r"several versions of the workflow 'spam': 1\.0, 1\.1\. Say which"):
        document.spec("spam")
    with pytest.raises(SpecError, match=r"no version '2' of the workflow 'spam', but 1\.0, 1\.1"):
        document.spec("spam", "2")
    with pytest.raises(SpecError, match=r"no workflow 'spma'\. Did you mean 'spam'"):
        document.spec("spma")


def test_the_schema_is_a_schema():
    Draft7Validator.check_schema(schema())


# Types of specifications of one's own


PACKAGE = """
import attrs

from swf.models.decision import CompleteWorkflowExecution
from swf.specs import Problem, Spec


@attrs.frozen(kw_only=True)
class Echo(Spec):
    spec_type = "echo"

    words: str

    @classmethod
    def check(cls, data):
        if not isinstance(data.get("words"), str):
            yield Problem(("words",), "must be a text.")

    @classmethod
    def read(cls, data, **head):
        return cls(words=data["words"], **head)

    def decide(self, history, execution=None):
        return [CompleteWorkflowExecution(result=self.words)]
"""


@pytest.fixture
def echo(tmp_path, monkeypatch):
    """Installs a package that brings the spec_type ``echo``."""
    (tmp_path / "echo_specs.py").write_text(PACKAGE)
    installed = tmp_path / "echo_specs-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-specs\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[swf.specs]\necho = echo_specs:Echo\nbroken = echo_specs:Gone\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def echoing(**said):
    return {"version": "1.0", "workflows": [{"spec_type": "echo", "name": "e", "version": "1", **said}]}


def test_an_installed_package_can_bring_a_spec_type(echo):
    [spec] = loads(json.dumps(echoing(words="hello")))

    assert (spec.name, spec.words) == ("e", "hello")
    assert [decision.result for decision in spec.follow().decisions()] == ["hello"]


def test_a_spec_type_of_ones_own_checks_its_documents(echo):
    assert str(refused(echoing(words=5))) == "w.json: workflows[0].words: must be a text."


def test_a_spec_type_that_cannot_be_imported_is_told(echo):
    document = echoing()
    document["workflows"][0]["spec_type"] = "broken"

    assert "cannot be imported" in str(refused(document))


def test_the_type_dag_is_no_package_of_others():
    assert EntryPoint("dag", "swf.specs.dag:Dag", "swf.specs").load().spec_type == "dag"


# Extras


@pytest.mark.parametrize(
    ("missing", "form", "told"),
    [
        ("jsonschema", "json", "Workflows from documents needs the extra 'specs'"),
        ("jsonpath", "json", "Workflows from documents needs the extra 'specs'"),
        ("yaml", "yaml", "YAML needs the extra 'yaml'"),
    ],
)
def test_what_is_not_installed_is_told(missing, form, told):
    document = json.dumps(written(activity("a", input=of_input("$.n"))))
    program = f"import sys; sys.modules[{missing!r}] = None; from swf.specs import loads; loads({document!r}, {form!r})"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert f"MissingExtraError: {told}" in done.stderr
