#include "histogram.h"

#include <inttypes.h>
#include <stdio.h>

static uint32_t bucket_of(uint64_t ns) {
  if (ns < (2u << bucket_bits)) return (uint32_t)ns;
  const uint32_t shift = 63u - (uint32_t)__builtin_clzll(ns) - bucket_bits;
  return (shift << bucket_bits) + (uint32_t)(ns >> shift);
}

static uint64_t bucket_top(uint32_t bucket) {
  if (bucket < (2u << bucket_bits)) return bucket;
  const uint32_t shift = (bucket >> bucket_bits) - 1;
  const uint64_t within = bucket - (shift << bucket_bits);
  return ((within + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns) {
  histogram->counts[bucket_of(ns)] += 1;
  if (ns > histogram->worst_ns) histogram->worst_ns = ns;
}

void histogram_print(const struct histogram *histogram) {
  const char *separator = "";
  printf("\"worstNs\":%" PRIu64 ",\"latency\":[", histogram->worst_ns);
  for (uint32_t at = 0; at < bucket_count; at += 1) {
    if (histogram->counts[at] == 0) continue;
    printf("%s[%" PRIu64 ",%" PRIu64 "]", separator, bucket_top(at), histogram->counts[at]);
    separator = ",";
  }
  putchar(']');
}
