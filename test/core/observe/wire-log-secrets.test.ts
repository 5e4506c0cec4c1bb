import { Buffer } from 'node:buffer';

import { ProtocolError } from '@wirewright/core';
import { type CodecFactory, type Description, mapCodec } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { heads, lines, type Logged, logged, stopLogs, warnings } from './logged.ts';

afterEach(stopLogs);

describe('what the codec calls secret is not shown', () => {
  /** Lines; those with a password are secret. */
  const logins: CodecFactory<string, string> = mapCodec(lines, {
    decode: (text: string) => text,
    encode: (text: string) => text,
    describe: (text: string) => (text.startsWith('login ') ? { text: 'login', secret: true } : text),
  });
  const secret = 'login hunter2';

  /** Neither as text nor as hex, nor any part of it that is as long as half a password. */
  function expectNoLeak({ calls }: Logged): void {
    const text = calls.join('');
    const plain = text.replaceAll('\n', '').toLowerCase();
    for (const part of ['hunt', 'nter', 'ter2']) {
      expect(plain).not.toContain(part);
      expect(plain.replaceAll(' ', '')).not.toContain(Buffer.from(part).toString('hex'));
    }
  }

  test('in either direction', () => {
    const embedded = embed(logins);
    embedded.connection.name = 'a';
    const at = logged({ only: embedded.connection });
    embedded.feed(`${secret}\nwhoami\n`);
    embedded.connection.send(secret);
    embedded.connection.send('welcome');
    const dumped = (bytes: string, text: string): string => `  00000000  ${bytes.padEnd(48)}  |${text}|\n`;
    expect(at.calls).toEqual([
      'a <- 14 bytes: login\n  14 bytes not shown\n',
      `a <- 7 bytes: whoami\n${dumped('77 68 6f 61 6d 69 0a', 'whoami.')}`,
      'a -> 14 bytes: login\n  14 bytes not shown\n',
      `a -> 8 bytes: welcome\n${dumped('77 65 6c 63 6f 6d 65 0a', 'welcome.')}`,
    ]);
  });

  test('not even in pieces', () => {
    const embedded = embed(logins);
    const at = logged({ only: embedded.connection });
    for (const byte of Buffer.from(`${secret}\nb\n`)) embedded.feed(Buffer.of(byte));
    expectNoLeak(at);
    expect(heads(at).map((head) => head.replace(/^\S+ /, ''))).toEqual(['<- 14 bytes: login', '<- 2 bytes: b']);
  });

  test.each<[string, (text: string) => unknown, RegExp]>([
    [
      'a foreign error',
      (text) => {
        throw new TypeError(`no such user: ${text}`);
      },
      / error WIRE_HOOK_FAILED, text not shown\n/,
    ],
    [
      'a rejection',
      (text) => Promise.reject(new TypeError(`no such user: ${text}`)),
      / error WIRE_HOOK_FAILED, text not shown\n/,
    ],
    [
      'a protocol error of the service',
      (text) => {
        throw new ProtocolError(`no such user: ${text}`);
      },
      / error WIRE_PROTOCOL, text not shown\n/,
    ],
  ])('in the error of the hook that got it: %s', async (_name, onRead, shown) => {
    const embedded = embed(logins, { onRead: (_, text) => onRead(text), onError: () => {} });
    const at = logged({ only: embedded.connection });
    embedded.feed(`${secret}\n`);
    await embedded.settled();
    expect(embedded.errors[0]!.message).toContain('hunter2');
    expect(at.text()).toMatch(shown);
    expectNoLeak(at);
    embedded.end();
    await embedded.settled();
  });

  test('in the error of a hook that had got it before the log began', async () => {
    const embedded = embed(logins, {
      onRead: async (connection, text) => {
        await embedded.settled();
        connection.send('no');
        throw new RangeError(`no such user: ${text}`);
      },
      onError: () => {},
    });
    embedded.feed(`${secret}\n`);
    const at = logged({ only: embedded.connection });
    await embedded.settled();
    await embedded.settled();
    embedded.end();
    await embedded.settled();
    expect(at.text()).toContain(' error WIRE_HOOK_FAILED: onRead failed: RangeError\n');
    expectNoLeak(at);
  });

  test('in the error of a codec that could not make a message of it', async () => {
    const json = mapCodec(lines, {
      decode: (text): unknown => JSON.parse(text),
      encode: (message) => {
        throw new TypeError(`cannot encode ${JSON.stringify(message)}`);
      },
    });
    const embedded = embed(json, { onError: () => {} });
    embedded.connection.name = 'a';
    const at = logged({ only: embedded.connection });
    expect(() => embedded.connection.send({ login: 'hunter2' })).toThrow('hunter2');
    embedded.feed('{"login":hunter2}\n').end();
    await embedded.settled();
    expect(embedded.errors[0]!.message).toMatch(/hun|'h'/);
    expect(at.calls).toEqual([
      'a error WIRE_DECODE_FAILED: the codec failed to decode: SyntaxError\n',
      'a closed: protocol-error\n',
    ]);
  });

  test('in what a send in a hook throws', async () => {
    const picky = mapCodec(logins, {
      decode: (text) => text,
      encode: (text: string) => {
        if (text.length > 10) throw new ProtocolError('too long');
        throw new Error(`cannot encode ${text}`);
      },
    });
    const at = logged({ only: ({ name }) => ['long', 'short'].includes(name) });
    for (const name of ['long', 'short']) {
      const embedded = embed(picky, { onRead: (connection, text) => connection.send(text), onError: () => {} });
      embedded.connection.name = name;
      embedded.feed(name === 'long' ? 'something long\n' : 'hunter2\n').end();
      await embedded.settled();
    }
    expect(heads(at).filter((head) => head.includes(' error '))).toEqual([
      'long error WIRE_ENCODE_FAILED: the codec failed to encode: too long',
      'short error WIRE_ENCODE_FAILED: the codec failed to encode: Error',
    ]);
  });
});

describe('a describe that does not do what it should shows no bytes and takes nothing down', () => {
  test.each<[string, (message: string) => unknown]>([
    [
      'throws',
      (message) => {
        throw new Error(`cannot describe ${message}`);
      },
    ],
    ['throws no error', () => thrower(null)],
    ['says no text', () => ({ secret: false })],
    ['does not say whether it is secret', (message) => ({ text: message })],
    ['says something else than whether it is secret', (message) => ({ text: message, secret: 'no' })],
    ['says a number', () => 5],
    [
      'has a text that cannot be had',
      (message) => ({
        secret: false,
        get text() {
          throw new Error(message);
        },
      }),
    ],
  ])('%s', async (_name, describeIt) => {
    const codec = mapCodec(lines, {
      decode: (text) => text,
      encode: (text: string) => text,
      describe: describeIt as (message: string) => Description,
    });
    const embedded = embed(codec, {
      onRead(connection, text) {
        connection.send(text);
        if (text === 'hunter3') throw new ProtocolError(text);
      },
      onError: () => {},
    });
    embedded.connection.name = 'a';
    const warned = warnings();
    const at = logged({ only: embedded.connection });
    embedded.feed('hunter2\n').feed('hunter3\n');
    expect(embedded.sent().toString()).toBe('hunter2\nhunter3\n');
    embedded.end();
    await embedded.settled();
    const hidden = "8 bytes: the codec's describe failed\n  8 bytes not shown\n";
    expect(at.calls).toEqual([
      `a <- ${hidden}`,
      `a -> ${hidden}`,
      `a <- ${hidden}`,
      `a -> ${hidden}`,
      'a error WIRE_PROTOCOL, text not shown\n',
      'a closed: protocol-error\n',
    ]);
    expect(warned).toEqual([]);
  });

  function thrower(value: unknown): never {
    // oxlint-disable-next-line typescript/only-throw-error -- that is the point
    throw value;
  }
});
