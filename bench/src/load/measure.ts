// oxlint-disable no-await-in-loop -- what is measured must run alone
import { describeMachine } from '../machine.ts';
import { findPinning } from '../pinning.ts';
import { Progress } from '../progress.ts';
import type { Comparison } from './comparison.ts';
import type { Frames } from './load-case.ts';
import { findLoadGenerator } from './load-generator.ts';
import type { LoadOptions } from './load-options.ts';
import type { Failure, LoadReport } from './load-report.ts';
import type { Match } from './match.ts';
import { PairRunner } from './pair-runner.ts';

/** What is measured. */
export interface Measured {
  readonly benchmark: string;
  /** In words. */
  readonly what: string;
  readonly matches: readonly Match[];
  readonly frames: Frames;
  /** For servers that speak TLS; plain TCP without. */
  readonly tls?: TlsSetting;
}

interface TlsSetting {
  /** The one cipher suite of TLS 1.3 that is offered. */
  readonly cipherSuite: string;
  /** The folder with the certificate of the servers. */
  readonly folder: string;
}

/** Runs the matches, one after the other. */
export async function measure(measured: Measured, options: LoadOptions): Promise<LoadReport> {
  const { benchmark, what, matches, frames, tls } = measured;
  const progress = new Progress();
  const pinning = findPinning();
  const generator = findLoadGenerator(tls?.cipherSuite);
  const runner = new PairRunner({
    ...options,
    frames,
    generator: [...pinning.generator, ...generator.command],
    serverPrefix: pinning.server,
    tlsFolder: tls?.folder,
  });
  const rows: Comparison[] = [];
  const failures: Failure[] = [];
  for (const match of matches) {
    const title = `${match.load.name} ${match.kind} / ${match.baseKind}`;
    progress.begin(title);
    try {
      rows.push(await runner.run(match, (good, run) => progress.step(`${title}: ${good} good of ${run} pairs`)));
    } catch (error) {
      failures.push({ what: title, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  progress.clear();
  return {
    benchmark,
    what,
    at: new Date().toISOString(),
    machine: describeMachine(),
    serverNode: runner.serverNode,
    pinning: pinning.description,
    generator: generator.description,
    seconds: options.seconds,
    rows,
    failures,
  };
}
