/* Latencies in buckets. A bucket is at most 1.6 % wide; nothing is averaged. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum {
  /* So many binary digits of each latency are kept. */
  bucket_bits = 6,
  bucket_count = (64 - bucket_bits) << bucket_bits,
};

struct histogram {
  uint64_t counts[bucket_count];
  uint64_t worst_ns;
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/* Prints `"worstNs":…,"latency":[[largest latency of the bucket, count], …]` in rising order. */
void histogram_print(const struct histogram *histogram);

#endif
