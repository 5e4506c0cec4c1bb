import { Buffer } from 'node:buffer';

import type { ClientCase } from './client-case.ts';
import type { ClientKind } from './client-kind.ts';

/** The keys of a case, and what is stored under each: no two alike. */
export interface Items {
  readonly keys: readonly string[];
  readonly values: readonly (string | Buffer)[];
}

/** Every client has keys of its own, of the same length: what one has stored, another might not read, for its flags. */
export function itemsOf({ keys: count, size, asBytes }: ClientCase, kind: ClientKind): Items {
  const keys = Array.from({ length: count }, (_, i) => `${kind.padEnd(15, '-')}:${String(i).padStart(6, '0')}`);
  const texts = keys.map((key) => valueOf(key, size));
  // memcache has text alone.
  return { keys, values: asBytes && kind !== 'memcache' ? texts.map((text) => Buffer.from(text)) : texts };
}

function valueOf(key: string, size: number): string {
  // By way of bytes, which makes one flat string of the many pieces before a client is asked to send it.
  return Buffer.from(`${key};`.repeat(Math.ceil(size / (key.length + 1))))
    .subarray(0, size)
    .toString('latin1');
}
