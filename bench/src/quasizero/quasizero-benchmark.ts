import type { Benchmark } from '../benchmark.ts';
import { type CasesOption, casesOption, parseCases } from '../load/load-case.ts';
import { measureMatches } from '../load/measure-matches.ts';
import { serverCommand } from '../load/server-command.ts';
import { type PairOptions, pairOptions, selected } from '../options.ts';

export interface QuasizeroOptions extends PairOptions, CasesOption {}

/** A command of 100 bytes of payload: `08 02 1a 64` and the payload, behind their length; the answer is without the code. */
const CALLS = { payloadBytes: 100, requestPrefix: '6808021a64', replyPrefix: '661a64', suffix: '-' };

/** The quasizero server against one written by hand. */
export const quasizeroBenchmark: Benchmark<QuasizeroOptions> = {
  name: 'quasizero',
  summary: 'the quasizero server, against one written by hand with the same codec',
  options: [casesOption('1x1,1x10,1x100,64x1,64x10'), ...pairOptions],
  shortPass: { pairs: 2, processes: 1, seconds: 0.15, warm: 0.1, cases: parseCases('1x100,64x10') },
  async run(options, progress) {
    const matches = options.cases.map((load) => ({
      name: load.name,
      peer: 'hand-written',
      unit: 'calls/s',
      bar: 0.95,
      load,
      servers: { ours: serverCommand('quasizero'), peer: serverCommand('quasizero-handwritten') },
    }));
    return {
      ...(await measureMatches(selected(matches, options), { frames: CALLS }, options, progress)),
      what: 'quasizero calls with a payload of 100 bytes',
      notes: [
        'hand-written: bare node:net with our codec and one write for each read; no limits, deadlines or errors.',
      ],
    };
  },
};
