import { setImmediate } from 'node:timers/promises';

import type { Doer } from '../row.ts';
import { sink } from '../work.ts';

/** Makes something that takes chunks, and gives lines to `onLine`. */
type MakeSplitter = (onLine: (line: string) => void) => (chunk: Buffer) => unknown;

/** Lines of a chunk that go through a stream. They have to come out before the chunk's write returns: they are counted there. */
export async function linesBy(chunk: Buffer, make: MakeSplitter): Promise<Doer> {
  const lines: string[] = [];
  const collect = make((line) => lines.push(line));
  let count = 0;
  const push = make((line) => {
    count++;
    sink.sum += line.length;
  });
  // A stream flows from the next turn on, and hands on at once what comes after its first chunk.
  await setImmediate();
  collect(chunk);
  push(chunk);
  await setImmediate();
  lines.length = 0;
  collect(chunk);
  const operations = lines.length;
  return {
    gives: () => lines,
    operations,
    work: () => {
      count = 0;
      push(chunk);
      if (count !== operations) throw new Error(`${count} lines came out at once`);
    },
  };
}
