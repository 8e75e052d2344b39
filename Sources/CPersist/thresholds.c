#include "kernels.h"

#define DEFAULT_THRESHOLDS            \
  {                                   \
      .copy_stream = 1 << 20,         \
      .copy_stream_durable = 0,       \
      .zero_stream = 1 << 20,         \
      .zero_stream_durable = 0,       \
      .edge_stream = 1 << 20,         \
  }

const struct cpersist_thresholds cpersist_default_thresholds = DEFAULT_THRESHOLDS;
struct cpersist_thresholds cpersist_thresholds = DEFAULT_THRESHOLDS;

struct cpersist_thresholds cpersist_get_thresholds(void) { return cpersist_thresholds; }

void cpersist_set_thresholds(struct cpersist_thresholds thresholds) {
  cpersist_thresholds = thresholds;
}
