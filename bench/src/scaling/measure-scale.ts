import type { LoadGenerator } from '../load/load-generator.ts';
// oxlint-disable no-await-in-loop -- what is measured must run alone
import { measureMatch, titleOf } from '../load/measure-match.ts';
import type { PairOptions } from '../options.ts';
import type { Progress } from '../progress.ts';
import type { Curve } from '../report/curve.ts';
import { messageOf } from '../report/message-of.ts';
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import type { Pair } from '../side-by-side/measure-pairs.ts';
import { pairResult } from '../side-by-side/pair-result.ts';
import { findPinning } from '../system/pinning.ts';
import { descriptorLimit } from './descriptor-limit.ts';
import type { Scale, Step } from './scale.ts';
import { scalingCurves } from './scaling-curves.ts';

/** What a process needs beside its connections. */
const OTHER_DESCRIPTORS = 64;

/** What came of one scale. */
export interface ScaleFindings {
  readonly results: Result[];
  readonly curves: Curve[];
  readonly missing: Missing[];
}

/** Measures every step of a scale, ours and the peer in alternation. */
export async function measureScale(
  scale: Scale,
  generator: LoadGenerator,
  options: PairOptions,
  progress: Progress,
): Promise<ScaleFindings> {
  const pinning = findPinning(scale.pinned);
  const descriptors = descriptorLimit();
  const measured = new Map<Step, Pair[]>();
  const missing: Missing[] = [];
  for (const step of scale.steps) {
    const needed = step.load.connections + OTHER_DESCRIPTORS;
    if (needed > descriptors) {
      missing.push({ what: titleOf(step), why: `a process may have ${descriptors} descriptors here (ulimit -n)` });
      continue;
    }
    try {
      const setup = { pinning, generator, frames: step.frames, sharesCores: !scale.pinned };
      measured.set(step, await measureMatch(step, setup, withTimeFor(step, options), progress));
    } catch (error) {
      missing.push({ what: titleOf(step), why: messageOf(error), failed: true });
    }
  }
  return {
    results: Array.from(measured, ([step, pairs]) => resultOf(scale, step, pairs)),
    curves: measured.size === 0 ? [] : scalingCurves(scale, measured),
    missing,
  };
}

/** Longer slices where what is in flight takes long: 20,000 connections or 200 MB a second are what any server here can do. */
function withTimeFor({ load, frames }: Step, options: PairOptions): PairOptions {
  const bytes = load.connections * load.depth * frames.payloadBytes;
  const turn = load.connections / 20_000 + bytes / 200e6;
  return { ...options, warm: options.warm + turn, seconds: options.seconds + turn };
}

/** Servers that share cores with the generator are compared by what they do in a second of CPU time. */
function resultOf({ pinned }: Scale, step: Step, pairs: readonly Pair[]): Result {
  const result = pairResult(step, pairs, pinned ? 'either' : 'perCpuSecond');
  const { ours, theirs } = result;
  return {
    ...result,
    ours: { ...ours, value: ours.value * step.worth },
    theirs: { ...theirs, value: theirs.value * step.worth },
  };
}
