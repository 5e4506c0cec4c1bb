import { Buffer } from 'node:buffer';

import { line } from '@wirewright/codec-line';
import { Client, Server, WireError, wireLog, type WireLogOptions } from '@wirewright/core';
import { lengthPrefixed, mapCodec } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { heads, lines, logged, logs, stopLogs, warnings } from './logged.ts';

afterEach(stopLogs);

describe('what is logged', () => {
  test('the life of a connection, at both ends', async () => {
    await using server = new Server({ codec: line() }).onRead((connection, text) =>
      connection.send(text.toUpperCase()),
    );
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server;
    const at = logged({ only: ({ localPort, remotePort }) => localPort === port || remotePort === port });

    const client = new Client({ codec: line() }).onRead((connection) => connection.close());
    const connection = await client.connect({ port, host: '127.0.0.1' });
    connection.name = 'here';
    const { localPort } = connection;
    connection.send('hello, world');
    await connection.closed;
    await server.close();

    const text = at.text();
    const of = (name: RegExp): string[] => text.split('\n').filter((one) => name.test(one));
    expect(of(/^client#\d+ /)).toEqual([expect.stringMatching(`^client#\\d+ open: 127\\.0\\.0\\.1 port ${port}$`)]);
    expect(of(/^here /)).toEqual([
      'here -> 13 bytes: hello, world',
      'here <- 13 bytes: HELLO, WORLD',
      'here closed: local',
    ]);
    expect(of(/^server#\d+ /).map((one) => one.replace(/#\d+/, ''))).toEqual([
      `server open: 127.0.0.1 port ${localPort}`,
      'server <- 13 bytes: hello, world',
      'server -> 13 bytes: HELLO, WORLD',
      'server closed: peer',
    ]);
    // Each frame in one call, with its dump, though several connections are logged.
    expect(at.calls).toContain(
      'here -> 13 bytes: hello, world\n' +
        '  00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 0a           |hello, world.|\n',
    );
  });

  test('errors, with code and message, and running out of time', async () => {
    const at = logged({});
    const tooLong = embed(line({ maxLength: 3 }));
    tooLong.connection.name = 'a';
    tooLong.feed('too long\n').end();
    const slow = embed(lines, {}, { frameTimeout: 1000 });
    slow.connection.name = 'b';
    slow.feed('half a li').advance(2000).end();
    const idle = embed(lines, {}, { idleTimeout: 1000 });
    idle.connection.name = 'c';
    idle.advance(2000).end();
    await tooLong.settled();
    const of = (name: string): string[] => heads(at).filter((head) => head.startsWith(`${name} `));
    expect(of('a')).toEqual([
      expect.stringMatching(/^a error WIRE_FRAME_TOO_LARGE: a frame of \d+ bytes is over the limit of 3/),
      'a closed: protocol-error',
    ]);
    expect(of('b')).toEqual([
      'b timeout: WIRE_FRAME_TIMEOUT',
      expect.stringMatching(/^b error WIRE_FRAME_TIMEOUT: a frame was not complete 1000 ms/),
      'b closed: frame-timeout',
    ]);
    expect(of('c')).toEqual(['c timeout: idle', 'c closed: idle']);
  });

  test('a message as util.inspect has it, when the codec does not describe it', () => {
    const embedded = embed(mapCodec(lines, { decode: (text) => ({ text }), encode: ({ text }) => text }));
    const at = logged({ only: embedded.connection });
    embedded.feed("it's\n");
    expect(heads(at)).toEqual([`${embedded.connection.name} <- 5 bytes: { text: "it's" }`]);
  });

  test('a message as the mapping describes it', () => {
    class Numbers {
      readonly #unit = 'km';
      decode(text: string): number {
        return Number(text);
      }
      encode(number: number): string {
        return String(number);
      }
      describe(number: number): string {
        return `${number} ${this.#unit}`;
      }
    }
    const embedded = embed(mapCodec(lines, new Numbers()));
    embedded.connection.name = 'a';
    const at = logged({ only: embedded.connection, maxBytes: 0 });
    embedded.feed('12\n');
    embedded.connection.send(5);
    expect(at.calls).toEqual(['a <- 3 bytes: 12 km\n', 'a -> 2 bytes: 5 km\n']);
  });

  test('lines as they are, in whatever form, and those that were dropped', () => {
    const at = logged({ maxBytes: 0 });
    for (const as of ['string', 'bytes', 'view'] as const) {
      const embedded = embed(line({ as, encoding: 'latin1', maxLength: 4, onTooLong: 'discard' }));
      embedded.connection.name = as;
      embedded.feed(Buffer.from('gr\xfcn\nmuch too long\n\n', 'latin1'));
      embedded.connection.send(Buffer.from('f\xfcr', 'latin1'));
    }
    expect(heads(at)).toEqual(
      ['string', 'bytes', 'view'].flatMap((as) => [
        expect.stringMatching(/ open$/),
        `${as} <- 5 bytes: grün`,
        expect.stringMatching(`^${as} <- \\d+ bytes: \\(a line of 13 bytes, over the limit of 4, was dropped\\)$`),
        `${as} <- 1 byte`,
        `${as} -> 4 bytes: für`,
      ]),
    );
  });
});

describe('how much of a frame is shown', () => {
  const payload = Buffer.alloc(300, 'x');

  function dumpOf(options: WireLogOptions): string[] {
    const embedded = embed(lengthPrefixed({ as: 'string' }));
    const at = logged({ only: embedded.connection, ...options });
    embedded.connection.send(payload);
    expect(at.calls).toHaveLength(1);
    return at.text().trimEnd().split('\n').slice(1);
  }

  test('256 bytes, unless told otherwise', () => {
    const dump = dumpOf({});
    expect(dump).toHaveLength(17);
    expect(dump[0]).toBe('  00000000  00 00 01 2c 78 78 78 78  78 78 78 78 78 78 78 78  |...,xxxxxxxxxxxx|');
    expect(dump.at(-1)).toBe('  ... 48 more bytes');
  });

  test('maxBytes of it', () => {
    expect(dumpOf({ maxBytes: 4 })).toEqual([
      '  00000000  00 00 01 2c                                       |...,|',
      '  ... 300 more bytes',
    ]);
    expect(dumpOf({ maxBytes: 1000 })).toHaveLength(19);
    expect(dumpOf({ maxBytes: 0 })).toEqual([]);
  });

  test('a description of 256 characters, and a name of 128', () => {
    const embedded = embed(line({ maxLength: 100_000 }));
    embedded.connection.name = 'n'.repeat(1000);
    const at = logged({ only: embedded.connection, maxBytes: 0 });
    embedded.feed(`${'d'.repeat(50_000)}\n`);
    expect(at.text()).toBe(
      `${'n'.repeat(128)} ... 872 more characters <- 50001 bytes: ${'d'.repeat(256)} ... 49744 more characters\n`,
    );
  });
});

test('nothing that is logged can be mistaken for another line, or be obeyed by a terminal', async () => {
  const forged = '00:00:00.000 server#1 closed: peer';
  const nasty = `\x1b[2J\r${forged}\u2028\u202e\u009b1m`;
  const texts = mapCodec(lengthPrefixed({ as: 'string' }), {
    decode: (text) => text,
    encode: (text: string) => text,
    describe: (text) => text,
  });
  const embedded = embed(texts, {
    onRead: () => {
      throw new WireError(`CODE\n${forged}`, `text\n${nasty}`);
    },
  });
  embedded.connection.name = `name\n${nasty}`;
  const at = logged({ only: embedded.connection, maxBytes: 0 });
  embedded.connection.send(`sent\n${nasty}`);
  embedded.feed(Buffer.concat([Buffer.of(0, 0, 0, 9), Buffer.from('received\n')])).end();
  await embedded.settled();
  const escaped = `\\x1b[2J\\r${forged}\\u{2028}\\u{202e}\\x9b1m`;
  expect(at.calls).toEqual([
    `name\\n${escaped} -> 58 bytes: sent\\n${escaped}\n`,
    `name\\n${escaped} <- 13 bytes: received\\n\n`,
    `name\\n${escaped} error CODE\\n${forged}: text\\n${escaped}\n`,
    `name\\n${escaped} closed: hook-error\n`,
  ]);
  // oxlint-disable-next-line no-control-regex -- that is the point
  expect(at.text()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});

test('what write sends itself is not logged: that would have no end', () => {
  const collector = embed(lines);
  const embedded = embed(lines);
  const log = wireLog({ write: (text) => void collector.connection.send(text.trimEnd()), maxBytes: 0 });
  logs.push(log);
  embedded.feed('a\nb\n');
  const sent = collector.sent().toString().split('\n');
  expect(sent.map((one) => one.replace(/.* <- /, ''))).toEqual(['2 bytes: a', '2 bytes: b', '']);
});

describe('by default it writes to stderr', () => {
  test('as it is, even what looks like a format', () => {
    const written: unknown[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
    const embedded = embed(lines);
    embedded.connection.name = 'a';
    const log = wireLog({ only: embedded.connection, maxBytes: 0 });
    embedded.feed('100 %s %d %%\n');
    log.stop();
    expect(written).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} a <- 13 bytes: 100 %s %d %%\n$/)]);
  });

  test('and does not mind when nobody reads that any more', () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => process.stderr.emit('error', broken));
    const warned = warnings();
    const embedded = embed(lines);
    const log = wireLog({ only: embedded.connection });
    embedded.feed('a\nb\n');
    log.stop();
    expect(write).toHaveBeenCalledTimes(2);
    expect(warned).toEqual([]);
  });
});
