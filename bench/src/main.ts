// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from './benchmark.ts';
import { UsageError } from './usage-error.ts';

/** Every benchmark by name; a module is loaded only when it runs. */
const benchmarks: ReadonlyMap<string, () => Promise<Benchmark>> = new Map([
  ['echo', async () => (await import('./echo/echo-benchmark.ts')).echoBenchmark],
  ['tls', async () => (await import('./tls/tls-benchmark.ts')).tlsBenchmark],
  ['quasizero', async () => (await import('./quasizero/quasizero-benchmark.ts')).quasizeroBenchmark],
  [
    'memcached-codec',
    async () => (await import('./memcached-codec/memcached-codec-benchmark.ts')).memcachedCodecBenchmark,
  ],
  [
    'memcached-server',
    async () => (await import('./memcached-server/memcached-server-benchmark.ts')).memcachedServerBenchmark,
  ],
  [
    'memcached-client',
    async () => (await import('./memcached-client/memcached-client-benchmark.ts')).memcachedClientBenchmark,
  ],
  ['gearman-codec', async () => (await import('./gearman-codec/gearman-codec-benchmark.ts')).gearmanCodecBenchmark],
  ['gearman-server', async () => (await import('./gearman-server/gearman-server-benchmark.ts')).gearmanServerBenchmark],
  ['gearman-client', async () => (await import('./gearman-client/gearman-client-benchmark.ts')).gearmanClientBenchmark],
  ['idle', async () => (await import('./idle/idle-benchmark.ts')).idleBenchmark],
  ['reassembly', async () => (await import('./reassembly/reassembly-benchmark.ts')).reassemblyBenchmark],
]);

async function list(): Promise<void> {
  process.stdout.write('npm run bench -- <name> [options], <name> --help for its options\n');
  for (const [name, load] of benchmarks) {
    process.stdout.write(`  ${name.padEnd(18)}${(await load()).summary}\n`);
  }
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h') return list();
  if (name === undefined) {
    await list();
    for (const [each, load] of benchmarks) {
      const benchmark = await load();
      process.stdout.write(`\nshort pass: ${[each, ...benchmark.shortPass].join(' ')}\n`);
      await benchmark.run(benchmark.shortPass);
    }
    return;
  }
  const load = benchmarks.get(name);
  if (load === undefined)
    throw new UsageError(`no benchmark "${name}"; there is: ${[...benchmarks.keys()].join(', ')}`);
  await (await load()).run(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
