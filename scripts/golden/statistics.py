#!/usr/bin/env python3
"""Write the golden statistics values of VerdictTests, with SciPy.

    python3 scripts/golden/statistics.py > Tests/VerdictTests/Golden/statistics.txt

One case for each line: name | arguments | data | expected. Numbers are separated by spaces and
written so that they read back exactly. Made with SciPy 1.17.1.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
from scipy import stats

random = np.random.default_rng(20260101)


def case(name, arguments, data, expected):
    text = [" ".join(repr(float(v)) for v in part) for part in (arguments, data, expected)]
    print(" | ".join([name, *text]))


def signed_rank_counts(n):
    """How many subsets of the ranks 1...n have each sum, in whole numbers."""
    counts = [1]
    for rank in range(1, n + 1):
        grown = counts + [0] * rank
        for total, ways in enumerate(counts):
            grown[total + rank] += ways
        counts = grown
    return counts


def bound_rank(n, tail):
    """The largest k with P(sum <= k - 1) <= tail."""
    total = Fraction(0)
    for k, ways in enumerate(signed_rank_counts(n)):
        total += Fraction(ways, 2**n)
        if total > tail:
            return k
    return n * (n + 1) // 2 + 1


def walsh(data):
    pairs = itertools.combinations_with_replacement(data, 2)
    return sorted((a + b) / 2 for a, b in pairs)


def holm(p):
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted = [0.0] * len(p)
    for step, index in enumerate(order):
        steps = [min(1.0, (len(p) - s) * p[i]) for s, i in enumerate(order[: step + 1])]
        adjusted[index] = max(steps)
    return adjusted


for n in (5, 6, 7, 10, 15, 25, 30, 60, 90):
    data = random.normal(0.3, 1, n).round(6)
    p = stats.wilcoxon(data, alternative="greater", method="exact").pvalue
    case("signed-rank-p", [], data, [p])
    averages = walsh(data)
    for confidence in (0.95, 0.975, 0.999):
        k = bound_rank(n, Fraction(1000 - round(1000 * confidence), 1000))
        low = averages[k - 1] if k else -math.inf
        high = averages[-k] if k else math.inf
        case("hodges-lehmann", [confidence], data, [np.median(averages), low, high])

for n, p in ((1, 0.5), (10, 0.5), (10, 0.03), (30, 0.9), (144, 0.97), (1026, 0.0022), (5000, 0.5)):
    for k in sorted({0, 1, n // 3, n // 2, n - 1, n, int(n * p)}):
        both = [stats.binom.cdf(k, n, p), stats.binom.sf(k - 1, n, p)]
        case("binomial", [n, p, k], [], both)

for k, n in ((0, 1), (1, 1), (0, 20), (3, 20), (141, 144), (0, 300), (0, 1026), (17, 1026)):
    for confidence in (0.9, 0.95, 0.99):
        ci = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
        case("clopper-pearson", [k, n, confidence], [], [ci.low, ci.high])

for n in (1, 2, 3, 5, 6, 7, 8, 15, 16, 30, 100):
    data = random.lognormal(0, 1, n).round(6)
    ordered = sorted(data)
    ranks = [k for k in range(1, n // 2 + 1) if 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) >= 0.95]
    k = max(ranks, default=1)
    coverage = 1 - 2 * stats.binom.cdf(k - 1, n, 0.5)
    low, high = ordered[k - 1], ordered[n - k]
    case("median-interval", [], data, [np.median(data), low, high, coverage])
    mad = stats.median_abs_deviation(data)
    case("spread", [], data, [mad, np.std(data, ddof=1) if n > 1 else math.nan])
    for q in (0.0, 0.05, 0.25, 0.5, 0.9, 1.0):
        case("quantile", [q], data, [np.quantile(data, q, method="inverted_cdf")])

for n in (1, 2, 5, 30):
    p = random.beta(0.2, 2, n)
    case("holm", [], p, holm(list(p)))
case("holm", [], [0.02, 0.02, 0.5], holm([0.02, 0.02, 0.5]))


# What the duel asks for, from a generator of its own so that the cases above stay as they are:
# pools of several runs, from no shift to one that is certain.
random = np.random.default_rng(20260102)

for n, shift in ((45, 0.0), (75, 0.3), (90, 0.4), (120, -0.1), (150, 0.2), (150, 0.8)):
    data = random.normal(shift, 1, n).round(6)
    averages = walsh(data)
    for side, sign, alternative in (("p", 1, "greater"), ("p-below", -1, "less")):
        # Whole numbers: SciPy takes small tails from one, and loses their digits.
        against = sum(sign * average <= 0 for average in averages)
        p = float(Fraction(sum(signed_rank_counts(n)[: against + 1]), 2**n))
        scipy_p = stats.wilcoxon(data, alternative=alternative, method="exact").pvalue
        assert math.isclose(p, scipy_p, rel_tol=1e-9, abs_tol=1e-15), (p, scipy_p)
        case(f"signed-rank-{side}", [], data, [p])
    k = bound_rank(n, Fraction(1, 1000))
    case("hodges-lehmann", [0.999], data, [np.median(averages), averages[k - 1], averages[-k]])

for n in (5, 6, 9, 10, 15, 30, 45, 60, 75, 90, 120, 150, 300):
    ranks = [bound_rank(n, Fraction(tail, 1000)) for tail in (50, 25, 1)]
    case("signed-rank-quantile", [n], [], ranks)
