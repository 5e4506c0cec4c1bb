import { Buffer } from 'node:buffer';
import { PassThrough, Writable } from 'node:stream';

import { expect, test } from 'vitest';

import type { LinkFaults } from './faults.ts';
import { Flow } from './flow.ts';

/** The writes that come of these chunks, and the turns of the event loop in which they came. */
async function writes(chunks: string[], faults: LinkFaults, seed = 1): Promise<{ texts: string[]; turns: number[] }> {
  const texts: string[] = [];
  const turns: number[] = [];
  let now = 0;
  const count = (): void => {
    now++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const source = new PassThrough();
  const target = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      texts.push(chunk.toString());
      turns.push(now);
      callback();
    },
  });
  const flow = new Flow(source, target, faults, seed, new AbortController().signal, () => {});
  for (const chunk of chunks) source.write(chunk);
  source.end();
  await flow.done;
  clearImmediate(next);
  expect([flow.held, flow.forwarded, target.writableEnded]).toEqual([0, chunks.join('').length, true]);
  return { texts, turns };
}

test('chunks stay as they are', async () => {
  expect((await writes(['a', 'bc', 'def'], {})).texts).toEqual(['a', 'bc', 'def']);
});

test('pieces are of 1 to n bytes, each in a turn of its own', async () => {
  const { texts, turns } = await writes(['x'.repeat(100)], { split: 3 });
  expect(new Set(texts)).toEqual(new Set(['x', 'xx', 'xxx']));
  expect(new Set(turns).size).toBe(texts.length);
});

test('the same seed cuts in the same places, whatever the chunks are', async () => {
  const text = 'abcdefghijklmnopqrstuvwxyz'.repeat(4);
  const { texts } = await writes([text], { split: 9 });
  expect((await writes([text], { split: 9 })).texts).toEqual(texts);
  expect((await writes([text], { split: 9 }, 2)).texts).not.toEqual(texts);
  // Where a chunk ends there is a cut more.
  const [first, ...others] = texts;
  const parts = [first!.slice(0, 1), first!.slice(1)].filter((part) => part !== '');
  expect((await writes([text.slice(0, 1), text.slice(1)], { split: 9 })).texts).toEqual([...parts, ...others]);
});

test('what comes together is forwarded as one', async () => {
  expect((await writes(['a', 'bc', 'def'], { coalesce: 20 })).texts).toEqual(['abcdef']);
  expect((await writes(['a', 'bc', 'def'], { coalesce: 20, split: 1 })).texts).toHaveLength(6);
});
