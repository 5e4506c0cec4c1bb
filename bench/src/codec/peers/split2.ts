import split from 'split2';

import type { Doer } from '../row.ts';
import { linesBy } from './lines-by.ts';

/** split2: a stream of lines. */
export function splitLines(chunk: Buffer): Promise<Doer> {
  return linesBy(chunk, (onLine) => {
    const lines = split();
    lines.on('data', onLine);
    return (bytes) => lines.write(bytes);
  });
}
