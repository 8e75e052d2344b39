#!/usr/bin/env python3
"""Write recorded pairs as one line for each comparison, for the replay of the duel's rule.

    python3 scripts/golden/duel_pairs.py FOLDER > all-pairs.csv
    python3 scripts/golden/duel_pairs.py FOLDER --subset > Tests/VerdictTests/Golden/duel-pairs.csv

FOLDER holds I_AA, I_INJ and H_I as .csv.xz or .csv: headerless samples of an experiment in which two
identical kernels A and B were timed in pairs inside one process. Columns: layout; session;
benchmark 0-8 (copy of 4 KiB, 64 KiB, 2 MiB, 64 MiB, compare of the same four, first touch of
64 MiB); variant 0 = A, 1 = B; fraction of work that B repeats; round; position in the pair; start
ns; wall ns; thread CPU ns; involuntary switches. H_I had a bursty neighbour on the same core.

Written: set,session,benchmark,effect,a_cpu_ns,b_cpu_ns, the times joined by semicolons in the order
of the rounds. The subset is the first sessions of I_AA and of I_INJ at 1 and 3 percent.
"""

import csv
import lzma
import sys
from collections import defaultdict
from pathlib import Path

SUBSET_SESSIONS = {("I_AA", "0"): 28, ("I_INJ", "0.01"): 16, ("I_INJ", "0.03"): 16}


def rows(folder, name):
    packed = folder / f"{name}.csv.xz"
    if packed.exists():
        with lzma.open(packed, "rt", newline="") as file:
            yield from csv.reader(file)
    else:
        with open(folder / f"{name}.csv", newline="") as file:
            yield from csv.reader(file)


def comparisons(folder, name):
    """{(effect, session, benchmark): {round: {variant: CPU ns}}}; B decides the effect."""
    rounds = defaultdict(lambda: defaultdict(dict))
    effects = {}
    for _, session, benchmark, variant, effect, index, _, _, _, cpu, _ in rows(folder, name):
        key = int(session), int(benchmark)
        rounds[key][int(index)][variant] = int(cpu)
        if variant == "1":
            effects[key] = effect
    for key in sorted(rounds):
        yield effects[key], *key, [rounds[key][index] for index in sorted(rounds[key])]


def main(folder, is_subset):
    print("set,session,benchmark,effect,a_cpu_ns,b_cpu_ns")
    for name in ("I_AA", "I_INJ", "H_I"):
        sessions = defaultdict(set)
        for effect, session, benchmark, pairs in comparisons(folder, name):
            sessions[effect].add(session)
            if is_subset and len(sessions[effect]) > SUBSET_SESSIONS.get((name, effect), 0):
                continue
            times = [";".join(str(pair[variant]) for pair in pairs) for variant in ("0", "1")]
            print(name, session, benchmark, effect, *times, sep=",")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--subset"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    main(Path(arguments[0]), "--subset" in sys.argv)
