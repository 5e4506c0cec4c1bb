import type { CodecRows } from './row.ts';

/** Every codec that is measured, by name; a module is loaded only where its codec is measured. */
export const codecs: ReadonlyMap<string, () => Promise<CodecRows>> = new Map([
  ['lines', async () => (await import('./rows/line.ts')).lineRows()],
  ['memcached binary', async () => (await import('./rows/memcached-binary.ts')).memcachedBinaryRows()],
  ['memcached text', async () => (await import('./rows/memcached-text.ts')).memcachedTextRows()],
  ['gearman', async () => (await import('./rows/gearman.ts')).gearmanRows()],
  ['quasizero', async () => (await import('./rows/quasizero.ts')).quasizeroRows()],
]);
