import type { PairOptions } from '../options.ts';
import { MeasuredProcess } from '../process/measured-process.ts';
import type { Progress } from '../progress.ts';
import { measurePairs, type Pair } from '../side-by-side/measure-pairs.ts';
import { measureSlice } from '../side-by-side/measure-slice.ts';
import type { Pinning } from '../system/pinning.ts';
import { knock } from './knock.ts';
import type { Frames } from './load-case.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Match } from './match.ts';

/** With what servers are put under load. */
export interface LoadSetup {
  readonly pinning: Pinning;
  readonly generator: LoadGenerator;
  readonly frames: Frames;
  /** Whether servers run on all cores: polling would take from them. */
  readonly sharesCores?: boolean;
}

/** For how long the generator polls before it sleeps, in microseconds: longer than a lone turn-around takes. */
const SPIN_US = 50;

/** Runs the two servers of a match in alternation. */
export function measureMatch(
  match: Match,
  { pinning, generator, frames, sharesCores = false }: LoadSetup,
  { pairs, processes, seconds, warm }: PairOptions,
  progress: Progress,
): Promise<Pair[]> {
  const title = titleOf(match);
  progress.begin(title);
  return measurePairs({
    pairs,
    processes,
    start: (side) => MeasuredProcess.start(title, [...pinning.server, ...match.servers[side]], knock),
    warm,
    slice: (server, warmSeconds) => measureSlice(server, commandFor(server, warmSeconds)),
    onPair: (done) => progress.step(`${title}: ${done} of ${pairs} pairs`),
  });

  function commandFor({ port }: MeasuredProcess, warmSeconds: number): string[] {
    const { connections, depth } = match.load;
    const { payloadBytes, requestPrefix, replyPrefix, suffix } = frames;
    const numbers = [port, connections, depth, warmSeconds, seconds, sharesCores ? 0 : SPIN_US, payloadBytes].map(
      String,
    );
    return [...pinning.generator, ...generator.command, ...numbers, requestPrefix, replyPrefix, suffix];
  }
}

/** What a match is called where it is told of. */
export function titleOf({ name, peer }: Match): string {
  return `${name} / ${peer}`;
}
