// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Benchmark } from '../benchmark.ts';
import { numberOption, onlyOption, type OnlyOption } from '../options.ts';
import { messageOf } from '../report/message-of.ts';
import type { Missing } from '../report/report.ts';
import { packageVersion } from '../system/package-version.ts';
import { codecProcess } from './codec-process.ts';
import { codecs } from './codecs.ts';
import type { CodecFindings } from './measure-codec.ts';

export interface CodecOptions extends OnlyOption {
  readonly rounds: number;
}

/** What ours is compared with. */
const PACKAGES = [
  'split2',
  'memjs',
  'memcache-parser',
  'gearmanode',
  'node-gearman',
  'abraxas',
  'protobufjs',
  '@bufbuild/protobuf',
  'pbf',
];

/** Every codec against loops that are written by hand for one message, and against packages that do the same. */
export const codecBenchmark: Benchmark<CodecOptions> = {
  name: 'codec',
  summary: 'every codec against loops written by hand for one message, and against packages that do the same',
  options: [
    onlyOption,
    numberOption('--rounds <n>', 'how often everything is timed', { default: 31, least: 1, most: 1000 }),
  ],
  shortPass: { rounds: 5 },
  async run({ only, rounds }, progress) {
    const found: CodecFindings[] = [];
    const failed: Missing[] = [];
    for (const name of codecs.keys()) {
      progress.begin(name);
      try {
        found.push(await codecProcess(name, { only, rounds }, (step) => progress.step(step)));
      } catch (error) {
        failed.push({ what: name, why: messageOf(error), failed: true });
      }
    }
    return {
      what: 'codecs alone, without a connection',
      setting: [
        `mitata ${packageVersion('mitata')}, median of a slice of 5 ms of each in turn, ${rounds} rounds; each codec in a process of its own`,
        'heap: what V8 says is in use, before and after many operations; bytes outside of it, as those of buffers are, do not count',
        PACKAGES.map((name) => `${name} ${packageVersion(name)}`).join(', '),
      ],
      results: found.flatMap(({ results }) => results),
      missing: [...failed, ...found.flatMap(({ missing }) => missing)],
      notes: [
        'medians leave out the time in which garbage is collected; what makes garbage is seen in the bytes of heap',
        ...found.flatMap(({ notes }) => notes),
      ],
    };
  },
};
