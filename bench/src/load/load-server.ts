import type { ServerKind } from './server-kind.ts';

/** Makes this process a server; with the folder of its certificate, for a kind that speaks TLS. */
export type StartServer = (port: number, tlsFolder: string) => Promise<void>;

/** Imported one by one: a server that cannot be loaded does not keep the others from being measured. */
const loaders: Readonly<Record<ServerKind, () => Promise<{ start: StartServer }>>> = {
  bare: () => import('./servers/bare.ts'),
  handwritten: () => import('./servers/handwritten.ts'),
  'line-string': () => import('./servers/line-string.ts'),
  'line-bytes': () => import('./servers/line-bytes.ts'),
  'line-view': () => import('./servers/line-view.ts'),
  frames: () => import('./servers/frames.ts'),
  guarded: () => import('./servers/guarded.ts'),
  unguarded: () => import('./servers/unguarded.ts'),
  'tls-bare': () => import('./servers/tls-bare.ts'),
  'tls-line-string': () => import('./servers/tls-line-string.ts'),
  'tls-line-bytes': () => import('./servers/tls-line-bytes.ts'),
  'tls-line-view': () => import('./servers/tls-line-view.ts'),
  quasizero: () => import('./servers/quasizero.ts'),
  'quasizero-handwritten': () => import('./servers/quasizero-handwritten.ts'),
};

/** What starts a server of that kind. */
export async function loadServer(kind: ServerKind): Promise<StartServer> {
  const { start } = await loaders[kind]();
  return start;
}
