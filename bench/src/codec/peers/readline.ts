import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

import type { Doer } from '../row.ts';
import { linesBy } from './lines-by.ts';

/** The lines of node:readline, of a stream that gets chunks as a socket does. */
export function readlineLines(chunk: Buffer): Promise<Doer> {
  return linesBy(chunk, (onLine) => {
    const input = new Readable({ read: () => undefined });
    createInterface({ input }).on('line', onLine);
    return (bytes) => input.push(bytes);
  });
}
