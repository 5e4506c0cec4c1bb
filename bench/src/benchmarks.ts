import type { Benchmark } from './benchmark.ts';
import { codecBenchmark } from './codec/codec-benchmark.ts';
import { echoBenchmark } from './echo/echo-benchmark.ts';
import { gearmanClientBenchmark } from './gearman-client/gearman-client-benchmark.ts';
import { gearmanServerBenchmark } from './gearman-server/gearman-server-benchmark.ts';
import { idleBenchmark } from './idle/idle-benchmark.ts';
import { memcachedClientBenchmark } from './memcached-client/memcached-client-benchmark.ts';
import { memcachedServerBenchmark } from './memcached-server/memcached-server-benchmark.ts';
import { quasizeroBenchmark } from './quasizero/quasizero-benchmark.ts';
import { reassemblyBenchmark } from './reassembly/reassembly-benchmark.ts';
import { scalingBenchmark } from './scaling/scaling-benchmark.ts';
import { tlsBenchmark } from './tls/tls-benchmark.ts';

/** All of them, in the order of a pass. */
export const benchmarks: readonly Benchmark[] = [
  codecBenchmark,
  echoBenchmark,
  tlsBenchmark,
  quasizeroBenchmark,
  memcachedServerBenchmark,
  memcachedClientBenchmark,
  gearmanServerBenchmark,
  gearmanClientBenchmark,
  idleBenchmark,
  reassemblyBenchmark,
  scalingBenchmark,
];
