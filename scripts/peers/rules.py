"""The decision rules of other benchmark tools, and this project's, as functions of two samples.

Every rule answers one question: is B slower than A? `a` and `b` are batch times, `rng` draws the
bootstrap samples. The rules of the others are their defaults, applied to the same batches; what
their own harness would have measured differently is not imitated.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

RESAMPLES = 2_000


def mann_whitney(a, b, rng):
    """google/benchmark compare.py and Go benchstat: U-test at 0.05, and B's median is higher."""
    return stats.mannwhitneyu(a, b).pvalue < 0.05 and np.median(b) > np.median(a)


def median_5(a, b, rng):
    """Median more than 5 % higher."""
    return np.median(b) > 1.05 * np.median(a)


def percentiles_5(a, b, rng):
    """package-benchmark: p25, p50 or p75 more than 5 % higher."""
    return bool(np.any(np.percentile(b, (25, 50, 75)) > 1.05 * np.percentile(a, (25, 50, 75))))


def minimum_5(a, b, rng):
    """Swift's and Julia's comparisons: ratio of minima above 1.05."""
    return np.min(b) > 1.05 * np.min(a)


def mean_5(a, b, rng):
    """Mean more than 5 % higher."""
    return np.mean(b) > 1.05 * np.mean(a)


def bootstrap_1(a, b, rng):
    """criterion.rs: p < 0.05 by a bootstrapped t, and the 95 % interval of the change above 1 %."""
    return _bootstrap_changes(a, b, rng)[0] > 0.01 and _bootstrap_p(a, b, rng) < 0.05


def _resampled(values, rng):
    return values[rng.integers(0, len(values), (RESAMPLES, len(values)))]


def _bootstrap_changes(a, b, rng):
    changes = _resampled(b, rng).mean(axis=1) / _resampled(a, rng).mean(axis=1) - 1
    return np.percentile(changes, (2.5, 97.5))


def _bootstrap_p(a, b, rng):
    """criterion.rs draws both samples from the pooled one and compares Welch's t."""

    def welch(x, y):
        spread = x.var(axis=-1, ddof=1) / x.shape[-1] + y.var(axis=-1, ddof=1) / y.shape[-1]
        return (x.mean(axis=-1) - y.mean(axis=-1)) / np.sqrt(np.maximum(spread, 1e-300))

    pooled = np.concatenate([a, b])
    draws = pooled[rng.integers(0, len(pooled), (RESAMPLES, len(pooled)))]
    t = welch(draws[:, : len(a)], draws[:, len(a) :])
    return np.mean(np.abs(t) >= abs(welch(a, b)))


PEERS = {
    "Mann-Whitney p < 0.05 (google/benchmark, benchstat)": mann_whitney,
    "median > 5 %": median_5,
    "p25, p50 or p75 > 5 % (package-benchmark)": percentiles_5,
    "minimum > 5 % (Swift suite, BenchmarkTools.jl)": minimum_5,
    "mean > 5 %": mean_5,
    "bootstrap of the mean > 1 % (criterion.rs)": bootstrap_1,
}


@lru_cache(maxsize=None)
def signed_rank_cdf(n):
    """P(signed-rank sum <= t) for t = 0, 1, ... of n pairs."""
    density = np.zeros(n * (n + 1) // 2 + 1)
    density[0] = 1
    for rank in range(1, n + 1):
        moved = np.zeros_like(density)
        moved[rank:] = density[:-rank]
        density = (density + moved) / 2
    return np.minimum(1, np.cumsum(density))


class Shift:
    """Hodges-Lehmann estimate with exact bounds, as in Sources/Verdict."""

    def __init__(self, ratios):
        self.ratios = ratios
        rows, columns = np.triu_indices(len(ratios))
        self.averages = np.sort((ratios[rows] + ratios[columns]) / 2)
        self.cdf = signed_rank_cdf(len(ratios))
        self.estimate = np.median(self.averages)

    def low(self, confidence):
        rank = np.searchsorted(self.cdf, 1 - confidence, side="right")
        return self.averages[rank - 1] if rank else -np.inf

    def high(self, confidence):
        rank = np.searchsorted(self.cdf, 1 - confidence, side="right")
        return self.averages[-rank] if rank else np.inf


@dataclass(frozen=True)
class Limits:
    """The numbers of `DuelLimits`, in logarithms."""

    floor: float = np.log1p(0.02)
    tolerance: float = np.log1p(0.03)
    fresh_floor: float = np.log1p(0.015)
    certain_floor: float = np.log1p(0.0125)
    precision: float = np.log1p(0.008)
    first: int = 15
    full: int = 30
    maximum: int = 120
    clear: float = 0.99
    clears_suspects_early: bool = False
    fresh_runs: int = 2
    pooled_maximum: int = 300

    def length(self, shift):
        """Pairs of a full or fresh run: its spread says how many."""
        width = (shift.high(0.975) - shift.low(0.975)) / 2 / self.precision
        wanted = np.ceil(len(shift.ratios) * width**2 / self.first) * self.first
        return int(max(self.full, min(wanted, self.maximum)))


# Runs of 30 pairs whatever their spread, with the bounds that they can reach.
FIXED_RUNS = Limits(certain_floor=0, clear=0.975, clears_suspects_early=True, maximum=0)


def duel(runs, limits=Limits()):
    """This project's rule on runs of log(B/A): (verdict, pairs used)."""
    seen = limits.first
    while True:
        run = runs[0][:seen]
        shift = Shift(run)
        length = limits.length(shift)
        is_full = len(run) >= min(length, len(runs[0]))
        suspect = shift.low(0.975) > 0 and shift.estimate > limits.floor
        is_clear = shift.high(limits.clear) < limits.tolerance
        if is_clear and (not suspect or limits.clears_suspects_early and not is_full):
            return "pass", len(run)
        if is_full:
            break
        seen = min(2 * seen, length)
    pooled, used = run, len(run)
    for fresh in runs[1 : 1 + limits.fresh_runs]:
        fresh = fresh[:length]
        used += len(fresh)
        pooled = np.concatenate([pooled, fresh])[-limits.pooled_maximum :]
        alone, together = Shift(fresh), Shift(pooled)
        length = limits.length(together)
        if (
            alone.low(0.95) > 0
            and alone.estimate > limits.fresh_floor
            and together.low(0.999) > limits.certain_floor
            and together.estimate > limits.floor
        ):
            return "regressed", used
        if together.high(limits.clear) < limits.tolerance:
            return "pass", used
    return "inconclusive", used
