/// The sizes at which `auto` changes its way. Set before the first routine runs, by one thread.
#pragma once

#include <stddef.h>

/// Bytes from which on `auto` streams past the caches.
struct cpersist_thresholds {
  size_t copy_stream;
  size_t copy_stream_durable;
  size_t zero_stream;
  size_t zero_stream_durable;
  size_t edge_stream;
};

/// The built-in values; the measurements behind them stand with `Thresholds` in HotCore.
extern const struct cpersist_thresholds cpersist_default_thresholds;
/// The values in force.
struct cpersist_thresholds cpersist_get_thresholds(void);
/// Replaces the values in force.
void cpersist_set_thresholds(struct cpersist_thresholds thresholds);
