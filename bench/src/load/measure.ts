// oxlint-disable no-await-in-loop -- what is measured must run alone
import { describeMachine } from '../machine.ts';
import { findPinning } from '../pinning.ts';
import { Progress } from '../progress.ts';
import type { Comparison } from './comparison.ts';
import type { Frames, LoadCase } from './load-case.ts';
import { findLoadGenerator } from './load-generator.ts';
import type { LoadOptions } from './load-options.ts';
import type { Failure, LoadReport } from './load-report.ts';
import { PairRunner } from './pair-runner.ts';
import type { ServerKind } from './server-kind.ts';
import { ServerProcess } from './server-process.ts';

/** Which server is measured against which, and the least ratio that is acceptable, if there is one. */
export interface Match {
  readonly load: LoadCase;
  readonly kind: ServerKind;
  readonly baseKind: ServerKind;
  readonly floor?: number | undefined;
}

/** What is measured. */
export interface Measured {
  readonly benchmark: string;
  /** In words. */
  readonly what: string;
  readonly matches: readonly Match[];
  readonly frames: Frames;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Servers that came up, and what kept the others from it. All of them stay up for the whole run. */
async function startServers(
  kinds: ReadonlySet<ServerKind>,
  node: string,
  prefix: readonly string[],
): Promise<{ servers: ReadonlyMap<ServerKind, ServerProcess>; failures: readonly Failure[] }> {
  const servers = new Map<ServerKind, ServerProcess>();
  const failures: Failure[] = [];
  for (const kind of kinds) {
    try {
      servers.set(kind, await ServerProcess.start(kind, node, prefix));
    } catch (error) {
      failures.push({ what: kind, reason: reasonOf(error) });
    }
  }
  return { servers, failures };
}

/** Runs the matches, one after the other. */
export async function measure(measured: Measured, options: LoadOptions): Promise<LoadReport> {
  const { benchmark, what, matches, frames } = measured;
  const progress = new Progress();
  const pinning = findPinning();
  const generator = findLoadGenerator();
  const kinds = new Set(matches.flatMap(({ kind, baseKind }) => [baseKind, kind]));
  const { servers, failures: startFailures } = await startServers(kinds, options.node, pinning.server);
  const rows: Comparison[] = [];
  const failures = [...startFailures];
  try {
    const runner = new PairRunner({ ...options, frames, generator: [...pinning.generator, ...generator.command] });
    for (const { load, kind, baseKind, floor } of matches) {
      const ours = servers.get(kind);
      const base = servers.get(baseKind);
      if (ours === undefined || base === undefined) continue;
      const title = `${load.name} ${kind} / ${baseKind}`;
      progress.begin(title);
      try {
        rows.push(
          await runner.run(load, ours, base, floor, (good, run) =>
            progress.step(`${title}: ${good} good of ${run} pairs`),
          ),
        );
      } catch (error) {
        failures.push({ what: title, reason: reasonOf(error) });
      }
    }
  } finally {
    progress.clear();
    await Promise.all(Array.from(servers.values(), (server) => server.stop()));
  }
  const [server] = servers.values();
  return {
    benchmark,
    what,
    at: new Date().toISOString(),
    machine: describeMachine(),
    serverNode: server?.nodeVersion ?? 'unknown',
    pinning: pinning.description,
    generator: generator.description,
    seconds: options.seconds,
    rows,
    failures,
  };
}
