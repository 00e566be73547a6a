"""Speed, side by side with peers: ``tox -e benchmarks``.

Each line measures two things in the same run, several times over in turns, and tells of the median: what the two are
to each other. Machines are noisy; ratios are less so. Nothing else should run meanwhile.

- `measuring`: what a benchmark is, and how one is measured.
- `services`: what is measured: engines, servers, and moto's. `load`: the executions they carry.
- `throughput`, `polling`, `growth`, `reading`, `acting`, `commanding`, `syncing`, `documents`,
  `durable`: the benchmarks. `temporal`, `simple`: the programs of `durable` for its peers.
"""

import argparse
import sys

import acting
import commanding
import documents
import durable
import growth
import polling
import reading
import syncing
import throughput
from measuring import CORE, GROWTH, MEMORY, ON_TOP, RATE, SIZE, TIME, Benchmark, Pair, measure
from rich.console import Console
from rich.table import Table

BENCHMARKS = {
    "list": Benchmark("10,000 open executions into models", "a bare boto3 client, into dicts", 0.6, reading.listing),
    "history": Benchmark("24,000 events into typed events", "a bare boto3 client, into dicts", 0.5, reading.history),
    "import": Benchmark("import swf", "python -c pass", 30, reading.importing, ON_TOP),
    "version": Benchmark("swf --version", "python -c pass", 4, commanding.version, runs=20),
    "help": Benchmark("swf --help", "python -c pass", 4, commanding.help, runs=20),
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
    "diff": Benchmark("a diff of 200 unchanged types, 20 ms away", "one after another", 0.25, syncing.diffing),
    "documents": Benchmark(
        "a graph of 500 tasks, decided to its end", "seddy 0.3.0a1", 0.5, documents.deciding, runs=3
    ),
    "documents-growth": Benchmark("a graph of 1,000 tasks, decided to its end", "one of 250", 5, documents.growing),
    "replay": Benchmark(
        "a replay of 1,000 activities in turn, forbidden calls caught",
        "temporalio's Replayer, in its sandbox",
        8,
        durable.replaying_sandboxed,
        RATE,
    ),
    "replay-bare": Benchmark(
        "a replay of 1,000 activities in turn",
        "temporalio's Replayer, without its sandbox",
        4,
        durable.replaying,
        RATE,
    ),
    "steps": Benchmark(
        "the last tenth of 4,000 activities in turn, in process",
        "the first tenth",
        1.3,
        durable.steps,
        runs=3,
        begins_cold=True,
    ),
    "sticky": Benchmark(
        "400 activities in turn, the execution kept alive",
        "its history replayed each time",
        1,
        durable.sticking,
        runs=3,
        begins_cold=True,
    ),
    "fan-out": Benchmark(
        "1,000 activities at once, decisions only",
        "simpleflow's executor",
        2,
        durable.fanning,
        RATE,
        begins_cold=True,
    ),
    "cached": Benchmark(
        "what is kept of an open execution, of 1,000", "", 20, durable.cached, SIZE, runs=1, begins_cold=True
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
    try:
        for name in arguments.names or (name for name, benchmark in BENCHMARKS.items() if not benchmark.is_slow):
            benchmark = BENCHMARKS[name]
            with console.status(benchmark.what):
                pair = measure(benchmark, arguments.runs)
            missed += not is_met(benchmark, pair)
            table.add_row(*row(benchmark, pair))
    finally:
        # What was measured before one of them failed took long enough.
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
