"""How long a run takes to score, with intervals, and to compare with a baseline.

    python -m benchmarks.scoring [--queries 300]

Reading the run and writing the baseline are not counted; nothing is searched or encoded.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from askdoc.evaluation import against, score_run, write_run


def main() -> None:
    """Scores a random run of 100 documents a query, against itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300)
    queries = range(parser.parse_args().queries)
    rng = np.random.default_rng(0)
    run = {str(n): {str(d): float(rng.random()) for d in range(100)} for n in queries}
    with tempfile.TemporaryDirectory() as folder:
        qrels, ranked, old = (Path(folder) / name for name in ("qrels.txt", "x.run", "old.json"))
        qrels.write_text("".join(f"{n} 0 {n % 100} 1\n" for n in queries), encoding="utf-8")
        write_run(run, ranked)
        wall, cpu = time.perf_counter(), time.process_time()
        report = score_run(qrels, ranked)
        scored = time.perf_counter() - wall
        old.write_text(json.dumps(report.to_json()), encoding="utf-8")
        against(report, old)
        print(
            f"{len(queries)} queries, {len(report.measures)} measures: scored in {scored:.2f} s, "
            f"with a baseline {time.perf_counter() - wall:.2f} s "
            f"({time.process_time() - cpu:.2f} s of processor time)"
        )


if __name__ == "__main__":
    main()
