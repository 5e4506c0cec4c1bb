/*
 * What the load generators have in common: how they fail, and how they measure.
 */
#ifndef MEASURING_H
#define MEASURING_H
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS 256
#define TAIL_SECONDS 3
/* No event for this long means that the server lost something: better an error than a slow figure. */
#define STALL_NS 2000000000ull
/* A histogram of 32 buckets per power of two: within 3 % of the true value, without storing samples. */
#define SUB_BITS 5
#define BUCKETS (64 << SUB_BITS)

static uint64_t histogram[BUCKETS];
static int epoll_fd;

static void fail(const char *reason) {
  printf("{\"phase\":\"failed\",\"reason\":\"%s%s%s\"}\n", reason, errno ? ": " : "", errno ? strerror(errno) : "");
  fflush(stdout);
  exit(1);
}

static void fail_plain(const char *reason) {
  errno = 0;
  fail(reason);
}

static uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static unsigned bucket_of(uint64_t value) {
  if (value < (1u << SUB_BITS)) return (unsigned)value;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
  return ((shift + 1u) << SUB_BITS) | (unsigned)((value >> shift) & ((1u << SUB_BITS) - 1u));
}

/* The middle of a bucket, in nanoseconds. */
static double value_of(unsigned bucket) {
  if (bucket < (1u << SUB_BITS)) return bucket;
  unsigned shift = (bucket >> SUB_BITS) - 1u;
  uint64_t low = ((uint64_t)(1u << SUB_BITS) | (bucket & ((1u << SUB_BITS) - 1u))) << shift;
  return (double)low + (double)(1ull << shift) / 2.0;
}

static double percentile_us(double share) {
  uint64_t total = 0, seen = 0;
  for (unsigned i = 0; i < BUCKETS; i++) total += histogram[i];
  uint64_t rank = (uint64_t)(share * (double)total);
  for (unsigned i = 0; i < BUCKETS; i++) {
    seen += histogram[i];
    if (seen > rank) return value_of(i) / 1000.0;
  }
  return 0.0;
}
#endif
