"""``swf shell``: what is at hand in it."""


def test_code_runs_with_the_domain_and_models_at_hand(swf):
    done = swf("shell", "-c", "print(domain, WorkflowExecution('shop', 'w'), domain.workflow_types.all())")

    assert (done.code, done.err) == (0, "")
    assert done.out == "Domain('test_shell') WorkflowExecution('w', None, 'OPEN') [WorkflowType('Order', '1.0')]\n"


def test_a_session_ends_with_its_input(swf):
    done = swf("shell", "--plain", input="domain.executions.count()\n")

    assert done.code == 0
    assert done.out == ">>> 0\n>>> "
    assert "domain = Domain('test_shell')" in done.err


def test_without_a_domain_there_is_none(swf):
    done = swf("shell", "-c", "print(domain, Domain.objects.get('test_shell'))", SWF_DOMAIN=None)

    assert done.out == "None Domain('test_shell')\n"


def test_an_error_of_ours_is_told_in_a_sentence(swf):
    done = swf("shell", "-c", "Domain.objects.get('nowhere')")

    assert done.code == 5
    assert done.err.startswith("Error: DescribeDomain was refused with UnknownResourceFault: Unknown domain: nowhere.")


def test_another_error_is_told_as_python_tells_it_and_without_our_own_lines(here):
    done = here("shell", "-c", "1 / 0")

    assert done.code == 1
    assert done.err.splitlines()[1:] == [
        '  File "<command>", line 1, in <module>',
        "ZeroDivisionError: division by zero",
    ]
