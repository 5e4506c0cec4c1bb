import type { Benchmark } from '../benchmark.ts';
import { type LoadDefaults, loadUsage, parseLoadOptions } from '../load/load-options.ts';
import { publish } from '../load/load-report.ts';
import { measure } from '../load/measure.ts';
import { makeCertificate } from './make-certificate.ts';

const defaults: LoadDefaults = {
  benchmark: 'tls',
  cases: '64x32,64x1,1x1',
  kinds: ['tls-line-string', 'tls-line-bytes', 'tls-line-view'],
};

/** The least ratio that is acceptable against the bare server. */
const floors: Readonly<Record<string, number>> = { '64x32': 0.65, '64x1': 0.9 };

/** The cheapest one where the processor has AES: encryption costs both sides the same, and hides the rest. */
const CIPHER_SUITE = 'TLS_AES_128_GCM_SHA256';

/** Lines echoed over TLS by Wirewright, against a bare `node:tls` echo with the same certificate. */
export const tlsBenchmark: Benchmark = {
  summary: 'lines echoed over TLS, against bare node:tls',
  shortPass: [
    '--pairs',
    '3',
    '--processes',
    '1',
    '--seconds',
    '0.2',
    '--cases',
    '64x32,64x1',
    '--kinds',
    'tls-line-string',
  ],
  async run(args) {
    const options = parseLoadOptions(args, defaults);
    if (options === undefined) {
      process.stdout.write(loadUsage(defaults));
      return;
    }
    const frames = { payloadBytes: 63, requestPrefix: '-', replyPrefix: '-', suffix: '0a' };
    const matches = options.cases.flatMap((load) =>
      options.kinds.map((kind) => ({ load, kind, baseKind: 'tls-bare', floor: floors[load.name] }) as const),
    );
    const what = `echo of 64-byte lines over TLS 1.3, ${CIPHER_SUITE}`;
    const folder = makeCertificate();
    try {
      const tls = { cipherSuite: CIPHER_SUITE, folder: folder.path };
      await publish(await measure({ benchmark: 'tls', what, matches, frames, tls }, options), options);
    } finally {
      folder[Symbol.dispose]();
    }
  },
};
