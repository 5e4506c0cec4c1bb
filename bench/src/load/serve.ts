/**
 * Entry of a server process: `node serve.js <kind> [folder]`, for a kind that speaks TLS with the folder of its certificate.
 *
 * Prints `{"port":n,"node":version}` once it listens on 127.0.0.1. A line `cpu` on stdin is answered with
 * `{"cpuUs":n,"wallUs":n,"rssBytes":n}`: CPU time of the process (user and system) and the clock at the same moment, both in
 * microseconds, so that two answers give the busy share of the time between them. Exits when stdin closes.
 */
import { createInterface } from 'node:readline';
import { isServerKind, type ServerKind } from './server-kind.ts';

/** Imported one by one: a server that cannot be loaded does not keep the others from being measured. */
const loaders: Readonly<Record<ServerKind, () => Promise<{ start: (tlsFolder: string) => Promise<number> }>>> = {
  bare: () => import('./servers/bare.ts'),
  handwritten: () => import('./servers/handwritten.ts'),
  'line-string': () => import('./servers/line-string.ts'),
  'line-bytes': () => import('./servers/line-bytes.ts'),
  'line-view': () => import('./servers/line-view.ts'),
  guarded: () => import('./servers/guarded.ts'),
  unguarded: () => import('./servers/unguarded.ts'),
  'tls-bare': () => import('./servers/tls-bare.ts'),
  'tls-line-string': () => import('./servers/tls-line-string.ts'),
  'tls-line-bytes': () => import('./servers/tls-line-bytes.ts'),
  'tls-line-view': () => import('./servers/tls-line-view.ts'),
  quasizero: () => import('./servers/quasizero.ts'),
  'quasizero-handwritten': () => import('./servers/quasizero-handwritten.ts'),
};

function print(answer: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function sampleCpu(): void {
  const { user, system } = process.cpuUsage();
  print({ cpuUs: user + system, wallUs: Number(process.hrtime.bigint() / 1000n), rssBytes: process.memoryUsage.rss() });
}

const kind = process.argv[2] ?? '';
if (!isServerKind(kind)) throw new Error(`serve: no server kind "${kind}"`);
const { start } = await loaders[kind]();
const port = await start(process.argv[3] ?? '');
createInterface({ input: process.stdin })
  .on('line', (command) => {
    if (command === 'cpu') sampleCpu();
  })
  .on('close', () => process.exit());
print({ port, node: process.version });
