"""Speed, side by side with peers: ``tox -e benchmarks``.

Each line measures two things in the same run, several times over in turns, and tells of the median: what the two are
to each other. Machines are noisy; ratios are less so. Nothing else should run meanwhile.

- `measuring`: what a benchmark is, and how one is measured.
- `services`: what is measured: engines, servers, and moto's. `load`: the executions they carry.
- `throughput`, `polling`, `growth`, `reading`, `acting`: the benchmarks.
"""

import argparse
import sys

import acting
import growth
import polling
import reading
import throughput
from measuring import CORE, GROWTH, MEMORY, ON_TOP, RATE, TIME, Benchmark, Pair, measure
from rich.console import Console
from rich.table import Table

BENCHMARKS = {
    "list": Benchmark("10,000 open executions into models", "a bare boto3 client, into dicts", 0.6, reading.listing),
    "history": Benchmark("24,000 events into typed events", "a bare boto3 client, into dicts", 0.5, reading.history),
    "import": Benchmark("import swf", "python -c pass", 30, reading.importing, ON_TOP),
    "signals": Benchmark("2,000 signals to one execution, in process", "moto's mock_aws", 0.4, throughput.signals),
    "http": Benchmark(
        "200 executions of 3 activities, over HTTP",
        "moto_server",
        8,
        throughput.over_http,
        RATE,
        runs=3,
        begins_cold=True,
    ),
    "inprocess": Benchmark(
        "200 executions of 3 activities, in process",
        "moto's mock_aws",
        8,
        throughput.in_process,
        RATE,
        runs=3,
        begins_cold=True,
    ),
    "wake": Benchmark(
        "a long poll gets its task, over HTTP: p99", "the start that schedules it", 10, polling.waking, TIME
    ),
    "idle": Benchmark("100 executions while 1,000 idle polls are held", "without the polls", 1.5, polling.idling),
    "working": Benchmark(
        "1,000 activities of no work, a worker with 8 threads", "a bare boto3 client, 8 threads", 1.15, acting.working
    ),
    "beating": Benchmark("200 tasks that wait, with a heartbeat every 10 s", "", 5, acting.beating, CORE, runs=3),
    "decisions": Benchmark(
        "the last tenth of the decisions on 24,000 events", "the first tenth", 1.3, growth.decisions
    ),
    "memory": Benchmark(
        "memory of a server after 10,000 executions",
        "",
        150,
        growth.memory,
        MEMORY,
        runs=1,
        begins_cold=True,
        is_slow=True,
    ),
    "flat": Benchmark(
        "memory of a server after 10,000 executions",
        "after 1,000",
        1.1,
        growth.flatness,
        GROWTH,
        runs=1,
        begins_cold=True,
        is_slow=True,
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    slow = " and ".join(name for name, benchmark in BENCHMARKS.items() if benchmark.is_slow)
    told = f"which: {', '.join(BENCHMARKS)}; none is all but {slow}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=told)
    parser.add_argument("--runs", type=int, default=5, help="how many samples of each")
    arguments = parser.parse_args()
    table = Table("what", "against", "ours", "theirs", "median", "target", "")
    console = Console(width=175)
    missed = 0
    for name in arguments.names or (name for name, benchmark in BENCHMARKS.items() if not benchmark.is_slow):
        benchmark = BENCHMARKS[name]
        with console.status(benchmark.what):
            pair = measure(benchmark, arguments.runs)
        missed += not is_met(benchmark, pair)
        table.add_row(*row(benchmark, pair))
    console.print(table)
    return 1 if missed else 0


def is_met(benchmark: Benchmark, pair: Pair) -> bool:
    return benchmark.figure.holds(benchmark.figure.of(pair), benchmark.target)


def row(benchmark: Benchmark, pair: Pair) -> tuple[str, ...]:
    figure = benchmark.figure
    told = filter(None, ["" if is_met(benchmark, pair) else "missed", pair.remark])
    return (
        benchmark.what,
        benchmark.against,
        figure.side(pair.ours),
        figure.side(pair.theirs) if benchmark.against else "",
        figure.shown.format(figure.of(pair)),
        f"{figure.bound} {benchmark.target:g}",
        ": ".join(told),
    )


if __name__ == "__main__":
    sys.exit(main())
