// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { PairOptions } from '../options.ts';
import type { Progress } from '../progress.ts';
import { messageOf } from '../report/message-of.ts';
import type { Findings, Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { pairResult } from '../side-by-side/pair-result.ts';
import { findPinning } from '../system/pinning.ts';
import type { Frames } from './load-case.ts';
import { findLoadGenerator } from './load-generator.ts';
import type { Match } from './match.ts';
import { measureMatch, titleOf } from './measure-match.ts';

/** What is sent to the servers of all matches. */
export interface Traffic {
  readonly frames: Frames;
  /** The one cipher suite of TLS 1.3 that is offered; plain TCP without. */
  readonly cipherSuite?: string;
}

/** Runs the matches, one after the other, and says how. */
export async function measureMatches(
  matches: readonly Match[],
  { frames, cipherSuite }: Traffic,
  options: PairOptions,
  progress: Progress,
): Promise<Pick<Findings, 'setting' | 'results' | 'missing'>> {
  const pinning = findPinning();
  const generator = findLoadGenerator(cipherSuite);
  const results: Result[] = [];
  const missing: Missing[] = [];
  for (const match of matches) {
    try {
      results.push(pairResult(match, await measureMatch(match, { pinning, generator, frames }, options, progress)));
    } catch (error) {
      missing.push({ what: titleOf(match), why: messageOf(error), failed: true });
    }
  }
  const { pairs, seconds } = options;
  const setting = [pinning.description, generator.description, `${pairs} pairs of ${seconds} s in alternation`];
  return { setting, results, missing };
}
