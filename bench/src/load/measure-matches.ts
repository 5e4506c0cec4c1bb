// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { PairOptions } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import type { Progress } from '../progress.ts';
import { messageOf } from '../report/message-of.ts';
import type { Findings, Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { measurePairs } from '../side-by-side/measure-pairs.ts';
import { measureSlice } from '../side-by-side/measure-slice.ts';
import { pairResult } from '../side-by-side/pair-result.ts';
import { findPinning } from '../system/pinning.ts';
import { knock } from './knock.ts';
import type { Frames } from './load-case.ts';
import { findLoadGenerator } from './load-generator.ts';
import type { Match } from './match.ts';

/** What is sent to the servers of all matches. */
export interface Traffic {
  readonly frames: Frames;
  /** The one cipher suite of TLS 1.3 that is offered; plain TCP without. */
  readonly cipherSuite?: string;
}

/** For how long the generator polls before it sleeps, in microseconds: longer than a lone turn-around takes. */
const SPIN_US = 50;

/** Runs the matches, one after the other, and says how. */
export async function measureMatches(
  matches: readonly Match[],
  { frames, cipherSuite }: Traffic,
  { pairs, processes, seconds, warm }: PairOptions,
  progress: Progress,
): Promise<Pick<Findings, 'setting' | 'results' | 'missing'>> {
  const pinning = findPinning();
  const generator = findLoadGenerator(cipherSuite);
  const results: Result[] = [];
  const missing: Missing[] = [];
  for (const match of matches) {
    const title = `${match.name} / ${match.peer}`;
    progress.begin(title);
    try {
      const measured = await measurePairs({
        pairs,
        processes,
        start: (side) => MeasuredProcess.start(title, [...pinning.server, ...match.servers[side]], knock),
        warm,
        slice: (server, warmSeconds) => measureSlice(server, commandFor(match, server, warmSeconds)),
        onPair: (done) => progress.step(`${title}: ${done} of ${pairs} pairs`),
      });
      results.push(pairResult(match, measured));
    } catch (error) {
      missing.push({ what: title, why: messageOf(error), failed: true });
    }
  }
  const setting = [pinning.description, generator.description, `${pairs} pairs of ${seconds} s in alternation`];
  return { setting, results, missing };

  function commandFor({ load }: Match, { port }: MeasuredProcess, warmSeconds: number): string[] {
    const { payloadBytes, requestPrefix, replyPrefix, suffix } = frames;
    const numbers = [port, load.connections, load.depth, warmSeconds, seconds, SPIN_US, payloadBytes].map(String);
    return [...pinning.generator, ...generator.command, ...numbers, requestPrefix, replyPrefix, suffix];
  }
}
