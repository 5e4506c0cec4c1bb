import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

import { line } from '@wirewright/codec-line';
import { channels, EncodeError } from '@wirewright/core';
import {
  type CodecFactory,
  encodeMessage,
  type FrameBody,
  lengthPrefixed,
  mapCodec,
  varintPrefixed,
} from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { random } from '../../support/random.ts';
import { Recorder, told } from './recorder.ts';

afterEach(() => Recorder.stopAll());

/** Every way of a codec to take bytes, and to write them. */
const codecs: [name: string, factory: CodecFactory<unknown, FrameBody>, textOnly?: 'text'][] = [
  ['length-prefixed bytes', lengthPrefixed()],
  ['length-prefixed views', lengthPrefixed({ as: 'view' })],
  ['varint-prefixed text', varintPrefixed({ as: 'string' })],
  ['lines', line({ maxLength: 1_000_000 }), 'text'],
  ['lines as views', line({ as: 'view', maxLength: 1_000_000 }), 'text'],
  ['strict CRLF lines as latin1', line({ newline: 'crlf', strict: true, encoding: 'latin1', maxLength: 1e6 }), 'text'],
];

/** Bodies of every size that matters: none, small ones that are joined, some by reference, one that no slab holds. */
function bodies(seed: number, textOnly: boolean): FrameBody[] {
  const next = random(seed);
  const sizes = [0, 1, 2, 13, 60, 1023, 1024, 5000, 70_000, 3, 3, 200_000, 1];
  for (let i = 0; i < 60; i++) sizes.push(Math.floor(next() * (i % 10 === 0 ? 9000 : 80)));
  return sizes.map((size) => {
    const body = Buffer.alloc(size);
    for (let i = 0; i < size; i++) body[i] = 97 + Math.floor(next() * 26);
    return textOnly && next() < 0.7 ? body.toString('latin1') : body;
  });
}

/** Byte arrays in a form that is quick to compare and can be looked at. */
function brief(frames: readonly Buffer[]): string[] {
  return frames.map((bytes) =>
    bytes.length <= 80
      ? bytes.toString('latin1')
      : `${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex')}`,
  );
}

/** `bytes` in pieces: of up to `most` bytes, or, a few times as often, of a few. */
function pieces(bytes: Buffer, seed: number, most: number): Buffer[] {
  const next = random(seed);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(next() * (next() < 0.5 ? 30 : most));
    // Memory of its own, as the chunks of a socket have.
    parts.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return parts;
}

describe('the bytes of frame:in are those of the frame', () => {
  describe.each(codecs)('%s', (_name, factory, textOnly) => {
    const frames = bodies(1, textOnly === 'text').map((body) => encodeMessage(factory(), body));

    test.each([1, 2, 3, 4])('in pieces, seed %i', (seed) => {
      const recorder = new Recorder(['frameIn']);
      const embedded = embed(factory, { onRead: () => {} });
      for (const piece of pieces(Buffer.concat(frames), seed, seed === 1 ? 300_000 : 20_000)) embedded.feed(piece);
      const published = recorder.of(embedded.connection);
      expect(published.every(({ event }, i) => event['message'] === embedded.messages[i])).toBe(true);
      expect(brief(recorder.frames(embedded.connection, 'frameIn'))).toEqual(brief(frames));
    });

    test('byte by byte', () => {
      const few = frames.filter(({ length }) => length < 3000);
      const recorder = new Recorder(['frameIn']);
      const embedded = embed(factory);
      for (const byte of Buffer.concat(few)) embedded.feed(Buffer.of(byte));
      expect(brief(recorder.frames(embedded.connection, 'frameIn'))).toEqual(brief(few));
    });
  });

  test('without the frames before it that the codec dropped', () => {
    const withoutComments = mapCodec(line(), {
      decode: (text) => (text.startsWith('#') ? undefined : text) as string,
      encode: (text: string) => text,
    });
    const recorder = new Recorder(['frameIn']);
    const embedded = embed(withoutComments).feed('#secret\none\n#secret\n#secret\ntwo\n');
    expect(embedded.messages).toEqual(['one', 'two']);
    expect(brief(recorder.frames(embedded.connection, 'frameIn'))).toEqual(['one\n', 'two\n']);
  });

  test('when the loop is held in between', async () => {
    const recorder = new Recorder(['frameIn']);
    const embedded = embed(line(), { onRead: () => Promise.resolve() });
    embedded.feed('one\ntwo\nthr');
    await embedded.settled();
    embedded.feed('ee\nfour');
    await embedded.settled();
    embedded.end();
    await embedded.settled();
    expect(recorder.frames(embedded.connection, 'frameIn').map(String)).toEqual(['one\n', 'two\n', 'three\n', 'four']);
  });

  test('when the codec is swapped between two of them', () => {
    const recorder = new Recorder(['frameIn']);
    const embedded = embed(line() as CodecFactory<unknown, FrameBody>, {
      onRead: (connection, text) => text === 'binary' && connection.setCodec(lengthPrefixed()),
    });
    embedded.feed('text\nbinary\n\0\0\0\x02ab\0\0\0\0');
    expect(recorder.frames(embedded.connection, 'frameIn').map(String)).toEqual([
      'text\n',
      'binary\n',
      '\0\0\0\x02ab',
      '\0\0\0\0',
    ]);
  });

  test('the last of them, when the codec has consumed the frame in steps', () => {
    const recorder = new Recorder(['frameIn']);
    const embedded = embed(line({ maxLength: 4, onTooLong: 'discard' }));
    for (const piece of ['ok\nmuch ', 'too ', 'long\nok', '\n']) embedded.feed(piece);
    const [first, dropped, last] = recorder.frames(embedded.connection, 'frameIn').map(String);
    expect([first, last]).toEqual(['ok\n', 'ok\n']);
    expect(dropped).toMatch(/.\n$/);
    expect('much too long\n'.endsWith(dropped!)).toBe(true);
  });

  test('none for what the end of input says without any', () => {
    const recorder = new Recorder(['frameIn']);
    const saysGoodbye: CodecFactory<string> = () => ({
      decode: () => undefined,
      decodeEnd: () => 'bye',
      encode: () => {},
    });
    const embedded = embed(saysGoodbye).end();
    expect(recorder.of(embedded.connection).map(told)).toEqual(['frameIn bye']);
    expect(recorder.frames(embedded.connection, 'frameIn')).toEqual([Buffer.alloc(0)]);
  });
});

/** Text between a length that is patched in and a checksum, so that the message is written in many steps. */
const patched: CodecFactory<string, FrameBody> = () => ({
  decode: () => undefined,
  encode(message, output) {
    const mark = output.mark();
    output.u32(0);
    const start = output.length;
    if (typeof message === 'string') output.utf8(message);
    else output.bytes(message);
    output.patch(mark, output.length - start, 4);
    output.varint(message.length);
  },
});

describe('the bytes of frame:out are those of the frame', () => {
  test.each([1, 2, 3, 4, 5, 6])('whatever else is sent in the same turn, seed %i', (seed) => {
    const recorder = new Recorder(['frameOut']);
    const next = random(seed);
    const senders = [...codecs, ['patched', patched] as const].map(([, factory, textOnly]) => ({
      factory,
      embedded: embed(factory, {}, { maxBufferedBytes: 1e9 }),
      messages: bodies(seed, textOnly === 'text'),
      frames: [] as Buffer[],
    }));
    for (;;) {
      const left = senders.filter(({ messages }) => messages.length > 0);
      if (left.length === 0) break;
      const { factory, embedded, messages, frames } = left[Math.floor(next() * left.length)]!;
      for (const message of messages.splice(0, 1 + Math.floor(next() * 8))) {
        frames.push(encodeMessage(factory(), message));
        embedded.connection.send(message);
      }
    }
    for (const { embedded, frames } of senders) {
      expect(brief(recorder.frames(embedded.connection, 'frameOut'))).toEqual(brief(frames));
      expect(embedded.sent().equals(Buffer.concat(frames))).toBe(true);
    }
  });

  test.each(['lf', 'crlf'] as const)('of views that are relayed, %s', (newline) => {
    const recorder = new Recorder();
    const factory = line({ as: 'view', newline });
    const embedded = embed(factory, { onRead: (connection, view) => connection.send(view) });
    // Long ones go by reference, and those that lie side by side as one range.
    const lines = ['a', 'b', 'x'.repeat(2000), '', 'y'.repeat(1500), 'c'];
    embedded.feed(`${lines.join('\n')}\nhalf `).feed('and half\nd\n');
    const expected = [...lines, 'half and half', 'd'];
    const { connection } = embedded;
    expect(recorder.frames(connection, 'frameIn').map(String)).toEqual(expected.map((text) => `${text}\n`));
    const end = newline === 'lf' ? '\n' : '\r\n';
    expect(recorder.frames(connection, 'frameOut').map(String)).toEqual(expected.map((text) => `${text}${end}`));
    expect(embedded.sent().toString()).toBe(expected.map((text) => `${text}${end}`).join(''));
  });

  test('and there is no frame when the message cannot be encoded', () => {
    const recorder = new Recorder(['frameOut']);
    const picky: CodecFactory<string> = () => ({
      decode: () => undefined,
      encode(text, output) {
        output.utf8(text);
        if (text === 'bad') throw new Error('no word for it');
        output.utf8('.');
      },
    });
    const { connection, ...embedded } = embed(picky);
    connection.send('one');
    expect(() => connection.send('bad')).toThrow(EncodeError);
    connection.send('two');
    expect(recorder.frames(connection, 'frameOut').map(String)).toEqual(['one.', 'two.']);
    expect(embedded.messages).toEqual([]);
  });

  test('and nothing is sent otherwise than without a subscriber', async () => {
    const run = async (): Promise<{ bytes: string; writes: number }> => {
      const embedded = embed(line({ maxLength: 100_000 }));
      for (let turn = 0; turn < 5; turn++) {
        for (const body of bodies(turn, true)) if (body.length < 100) embedded.connection.send(body);
        await embedded.settled();
      }
      return { writes: embedded.writes, bytes: embedded.sent().toString() };
    };
    const unseen = await run();
    const recorder = new Recorder();
    expect(await run()).toEqual(unseen);
    expect(unseen.writes).toBe(5);
    expect(recorder.published.length).toBeGreaterThan(5);
  });

  test('and they are a copy: a subscriber that writes to them changes nothing', () => {
    const spoil = (event: unknown): void => void (event as { bytes: Uint8Array }).bytes.fill(0x21);
    channels.frameOut.subscribe(spoil);
    const embedded = embed(lengthPrefixed());
    const payload = Buffer.alloc(5000, 'a');
    embedded.connection.send('small');
    embedded.connection.send(payload);
    channels.frameOut.unsubscribe(spoil);
    expect(embedded.sent().toString('latin1')).toBe(`\0\0\0\x05small\0\0\x13\x88${'a'.repeat(5000)}`);
    expect(payload.equals(Buffer.alloc(5000, 'a'))).toBe(true);
  });
});
