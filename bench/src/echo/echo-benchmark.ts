// oxlint-disable no-await-in-loop -- what is measured must run alone
import { writeFile } from 'node:fs/promises';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { findPinning } from '../pinning.ts';
import { Progress } from '../progress.ts';
import type { Comparison } from './comparison.ts';
import type { EchoCase } from './echo-case.ts';
import { type EchoOptions, echoUsage, parseEchoOptions } from './echo-options.ts';
import { type EchoReport, type Failure, renderEchoReport } from './echo-report.ts';
import { findLoadGenerator } from './load-generator.ts';
import { PairRunner } from './pair-runner.ts';
import type { ServerKind } from './server-kind.ts';
import { ServerProcess } from './server-process.ts';

/** Which server is measured against which. */
interface Match {
  readonly echoCase: EchoCase;
  readonly kind: ServerKind;
  readonly baseKind: ServerKind;
}

/**
 * Every kind against bare in every case; where batching matters most, ours against the hand-written server; and what the deadlines
 * cost, with and without them.
 */
function matchesOf({ cases, kinds }: EchoOptions): readonly Match[] {
  return cases.flatMap((echoCase) => {
    const matches: Match[] = kinds
      .filter((kind) => kind !== 'unguarded')
      .map((kind) => ({ echoCase, kind, baseKind: kind === 'guarded' ? 'unguarded' : 'bare' }));
    const direct = echoCase.name === '64x32' && kinds.includes('line-string') && kinds.includes('handwritten');
    return direct ? [...matches, { echoCase, kind: 'line-string', baseKind: 'handwritten' }] : matches;
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Servers that came up, and what kept the others from it. All of them stay up for the whole run. */
async function startServers(
  options: EchoOptions,
  prefix: readonly string[],
): Promise<{ servers: ReadonlyMap<ServerKind, ServerProcess>; failures: readonly Failure[] }> {
  const servers = new Map<ServerKind, ServerProcess>();
  const failures: Failure[] = [];
  for (const kind of new Set<ServerKind>([
    'bare',
    ...options.kinds,
    ...(options.kinds.includes('guarded') ? (['unguarded'] as const) : []),
  ])) {
    try {
      servers.set(kind, await ServerProcess.start(kind, options.node, prefix));
    } catch (error) {
      failures.push({ what: kind, reason: reasonOf(error) });
    }
  }
  return { servers, failures };
}

async function measure(options: EchoOptions, progress: Progress): Promise<EchoReport> {
  const pinning = findPinning();
  const generator = findLoadGenerator();
  const { servers, failures: startFailures } = await startServers(options, pinning.server);
  const rows: Comparison[] = [];
  const failures = [...startFailures];
  try {
    const runner = new PairRunner({ ...options, generator: [...pinning.generator, ...generator.command] });
    for (const { echoCase, kind, baseKind } of matchesOf(options)) {
      const ours = servers.get(kind);
      const base = servers.get(baseKind);
      if (ours === undefined || base === undefined) continue;
      const title = `${echoCase.name} ${kind} / ${baseKind}`;
      progress.begin(title);
      try {
        rows.push(
          await runner.run(echoCase, ours, base, (good, run) =>
            progress.step(`${title}: ${good} good of ${run} pairs`),
          ),
        );
      } catch (error) {
        failures.push({ what: title, reason: reasonOf(error) });
      }
    }
  } finally {
    progress.clear();
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  return {
    benchmark: 'echo',
    at: new Date().toISOString(),
    machine: describeMachine(),
    serverNode: servers.get('bare')?.nodeVersion ?? 'unknown',
    pinning: pinning.description,
    generator: generator.description,
    lineBytes: 64,
    seconds: options.seconds,
    rows,
    failures,
  };
}

/** Lines echoed by Wirewright, against a bare `node:net` echo and against the usual hand-written server. */
export const echoBenchmark: Benchmark = {
  summary: 'lines echoed over TCP, against bare node:net and a hand-written server',
  shortPass: ['--pairs', '3', '--seconds', '0.2'],
  async run(args) {
    const options = parseEchoOptions(args);
    if (options === undefined) {
      process.stdout.write(echoUsage);
      return;
    }
    const report = await measure(options, new Progress());
    process.stdout.write(renderEchoReport(report));
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    // A missed floor is a result; a row that could not be measured is not.
    if (report.failures.length > 0) process.exitCode = 1;
  },
};
