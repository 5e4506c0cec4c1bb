import type { Benchmark } from '../benchmark.ts';
import { type CasesOption, casesOption, type LoadCase, parseCases } from '../load/load-case.ts';
import type { Match } from '../load/match.ts';
import { measureMatches } from '../load/measure-matches.ts';
import { serverCommand } from '../load/server-command.ts';
import type { ServerKind } from '../load/server-kind.ts';
import { type PairOptions, pairOptions, selected } from '../options.ts';
import { makeCertificate } from './make-certificate.ts';

export interface TlsOptions extends PairOptions, CasesOption {}

const KINDS: readonly ServerKind[] = ['tls-line-string', 'tls-line-bytes', 'tls-line-view'];

/** The least ratio that is acceptable against the bare server, by case. */
const BARS: Readonly<Record<string, number>> = { '64x32': 0.65, '64x1': 0.9 };

/** The cheapest one where the processor has AES: encryption costs both sides the same, and hides the rest. */
const CIPHER_SUITE = 'TLS_AES_128_GCM_SHA256';

const LINES = { payloadBytes: 63, requestPrefix: '-', replyPrefix: '-', suffix: '0a' };

function matchesOf(load: LoadCase, folder: string): Match[] {
  return KINDS.map((kind) => ({
    name: `${load.name} ${kind}`,
    peer: 'bare node:tls',
    unit: 'lines/s',
    bar: BARS[load.name],
    load,
    servers: { ours: serverCommand(kind, folder), peer: serverCommand('tls-bare', folder) },
  }));
}

/** Lines echoed over TLS by Wirewright, against a bare `node:tls` echo with the same certificate. */
export const tlsBenchmark: Benchmark<TlsOptions> = {
  name: 'tls',
  summary: 'lines echoed over TLS, against bare node:tls',
  options: [casesOption('64x32,64x1,1x1'), ...pairOptions],
  shortPass: { pairs: 2, processes: 1, seconds: 0.15, warm: 0.1, cases: parseCases('64x32'), only: 'tls-line-string' },
  async run(options, progress) {
    const what = `echo of 64-byte lines over TLS 1.3, ${CIPHER_SUITE}`;
    const certificate = makeCertificate();
    if ('missing' in certificate) return { what, setting: [], results: [], missing: [certificate.missing] };
    try {
      const matches = selected(
        options.cases.flatMap((load) => matchesOf(load, certificate.folder)),
        options,
      );
      const traffic = { frames: LINES, cipherSuite: CIPHER_SUITE };
      return { ...(await measureMatches(matches, traffic, options, progress)), what };
    } finally {
      certificate.remove();
    }
  },
};
