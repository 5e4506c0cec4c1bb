import type { Benchmark } from '../benchmark.ts';
import { type CasesOption, casesOption, type LoadCase, parseCases } from '../load/load-case.ts';
import type { Match } from '../load/match.ts';
import { measureMatches } from '../load/measure-matches.ts';
import { serverCommand } from '../load/server-command.ts';
import type { ServerKind } from '../load/server-kind.ts';
import { type PairOptions, pairOptions, selected } from '../options.ts';
import { compileGo } from '../system/compile-go.ts';

export interface EchoOptions extends PairOptions, CasesOption {}

/** Ours, and what they are to reach at least of the bare server, by case. */
const OURS: ReadonlyMap<ServerKind, Readonly<Record<string, number>>> = new Map([
  ['line-string', { '64x32': 0.6, '64x1': 0.95, '1x1': 0.85 }],
  ['line-bytes', { '64x32': 0.6, '64x1': 0.95, '1x1': 0.85 }],
  ['line-view', { '64x32': 0.7, '64x1': 0.95, '1x1': 0.85 }],
]);

const GO = 'Go';

const LINES = { payloadBytes: 63, requestPrefix: '-', replyPrefix: '-', suffix: '0a' };

function match(load: LoadCase, kind: ServerKind, peer: string, servers: readonly string[], bar?: number): Match {
  return {
    name: `${load.name} ${kind}`,
    peer,
    unit: 'lines/s',
    bar,
    load,
    servers: { ours: serverCommand(kind), peer: servers },
  };
}

/**
 * Every kind against the bare server in every case; where batching matters most, ours against the server that people write by hand; ours
 * against one in Go; and what the deadlines cost, with and without them.
 */
function matchesOf(load: LoadCase, go: readonly string[]): Match[] {
  const matches = Array.from(OURS, ([kind, bars]) =>
    match(load, kind, 'bare node:net', serverCommand('bare'), bars[load.name]),
  );
  if (load.depth > 1) matches.push(match(load, 'line-string', 'hand-written', serverCommand('handwritten'), 10));
  matches.push(match(load, 'line-string', GO, go), match(load, 'line-view', GO, go));
  matches.push(match(load, 'guarded', 'no deadlines', serverCommand('unguarded'), 0.97));
  return matches;
}

/** Lines echoed by Wirewright, against a bare `node:net` echo, the usual hand-written server and one in Go. */
export const echoBenchmark: Benchmark<EchoOptions> = {
  name: 'echo',
  summary: 'lines echoed over TCP, against bare node:net, a hand-written server and one in Go',
  options: [casesOption('64x32,64x1,1x1'), ...pairOptions],
  shortPass: { pairs: 2, processes: 1, seconds: 0.15, warm: 0.1, cases: parseCases('64x32,64x1') },
  async run(options, progress) {
    const go = compileGo('line-echo');
    const command = 'program' in go ? [go.program, '{port}'] : [];
    const wanted = selected(
      options.cases.flatMap((load) => matchesOf(load, command)),
      options,
    );
    const matches = 'program' in go ? wanted : wanted.filter(({ peer }) => peer !== GO);
    const measured = await measureMatches(matches, { frames: LINES }, options, progress);
    return {
      ...measured,
      what: 'echo of 64-byte lines',
      // Nobody misses it for rows that were not asked for.
      missing:
        'program' in go || matches.length === wanted.length ? measured.missing : [...measured.missing, go.missing],
      notes: [
        'line-string, line-bytes, line-view: lines as strings, as bytes of their own, as views of what was read.',
        'guarded: every deadline on, and counters read. Go: bufio, GOMAXPROCS=1, flushed when nothing more has been read.',
      ],
    };
  },
};
