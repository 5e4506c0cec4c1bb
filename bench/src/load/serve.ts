/** Entry of a server process: `node serve.js <kind> <port> [folder]`, for a kind that speaks TLS with the folder of its certificate. */
import { isServerKind, type ServerKind } from './server-kind.ts';

/** Imported one by one: a server that cannot be loaded does not keep the others from being measured. */
const loaders: Readonly<
  Record<ServerKind, () => Promise<{ start: (port: number, tlsFolder: string) => Promise<void> }>>
> = {
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

const [kind = '', port, tlsFolder = ''] = process.argv.slice(2);
if (!isServerKind(kind)) throw new Error(`serve: no server kind "${kind}"`);
const { start } = await loaders[kind]();
await start(Number(port), tlsFolder);
