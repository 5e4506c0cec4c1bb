// oxlint-disable no-await-in-loop -- what is measured must run alone
import { Option } from 'commander';

import type { Benchmark } from '../benchmark.ts';
import { findLoadGenerator } from '../load/load-generator.ts';
import { type PairOptions, pairOptionsWith, selected } from '../options.ts';
import { findPinning } from '../system/pinning.ts';
import { connections } from './connections.ts';
import { measureScale, type ScaleFindings } from './measure-scale.ts';
import { messageSize } from './message-size.ts';
import { pipelineDepth } from './pipeline-depth.ts';
import type { Scale, Step } from './scale.ts';
import { workers } from './workers.ts';

export interface ScalingOptions extends PairOptions {
  /** Whether some steps of each curve are enough. */
  readonly few: boolean;
}

const SCALES: readonly Scale[] = [connections, pipelineDepth, messageSize, workers];

/** Throughput and memory of echo servers over connections, pipeline depth, message size and workers, against bare `node:net`. */
export const scalingBenchmark: Benchmark<ScalingOptions> = {
  name: 'scaling',
  summary: 'curves over connections, pipeline depth, message size and workers, against bare node:net',
  options: [...pairOptionsWith(3, 3), new Option('--few', 'only every other step, without the largest').default(false)],
  shortPass: { pairs: 1, processes: 1, seconds: 0.1, warm: 0.1, few: true },
  async run(options, progress) {
    const generator = findLoadGenerator(undefined);
    const findings: ScaleFindings[] = [];
    for (const scale of SCALES) {
      const steps = selected(options.few ? fewOf(scale.steps) : scale.steps, options);
      findings.push(await measureScale({ ...scale, steps }, generator, options, progress));
    }
    return {
      what: 'echo servers as they get more to do',
      setting: [
        `${findPinning().description}; servers with workers are not pinned`,
        generator.description,
        `${options.pairs} pairs of ${options.seconds} s in alternation, longer with many connections or large messages`,
      ],
      results: findings.flatMap(({ results }) => results),
      curves: findings.flatMap(({ curves }) => curves),
      missing: findings.flatMap(({ missing }) => missing),
      notes: [
        ...SCALES.map(({ name, setting, ours }) => `Over ${name}: ${ours}, ${setting}.`),
        'Workers are processes of node:cluster, and their memory and CPU time those of all of them and the primary.',
      ],
    };
  },
};

/** Every other one, without the largest, which takes the longest. */
function fewOf(steps: readonly Step[]): Step[] {
  return steps.filter((_step, index) => index === 0 || (index % 2 === 0 && index < steps.length - 1));
}
