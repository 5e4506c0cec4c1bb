import { Buffer } from 'node:buffer';
import { connect, createServer, type Socket } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Connection, EncodeError, Server } from '@wirewright/core';
import { type CodecFactory, lengthPrefixed } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test, vi } from 'vitest';

import { duplexPair } from '../../support/duplex-pair.ts';
import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

describe('7. The write loop', () => {
  test('What a connection sends in one turn of the event loop leaves in one write.', async () => {
    // Others in this process may have left it with many active connections: one pass over few ends that.
    embed(line()).connection.send('calm');
    await new Promise((resolve) => setImmediate(resolve));

    const embedded = embed(line(), { onRead: (connection, text) => connection.send(text) });
    embedded.feed('a\nb\nc\n');
    expect(embedded.writes).toBe(1);

    // Outside a read turn: whatever phase or microtask it is sent in.
    embedded.connection.send('d');
    void Promise.resolve().then(() => embedded.connection.send('e'));
    process.nextTick(() => embedded.connection.send('f'));
    await Promise.resolve().then(() => Promise.resolve());
    embedded.connection.send('g');
    expect(embedded.writes).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(embedded.writes).toBe(2);

    // With many active connections in one pass, several batches of a connection included.
    const crowd = Array.from({ length: 20 }, () =>
      embed(line(), { onRead: (connection, text) => connection.send(text) }),
    );
    const other = embed(line());
    other.connection.send('holds the pass');
    for (let round = 0; round < 3; round++) for (const one of crowd) one.feed(`round ${round}\n`);
    await new Promise((resolve) => setImmediate(resolve));
    for (let round = 0; round < 3; round++) for (const one of crowd) one.feed(`again ${round}\n`);
    const before = crowd.map(({ writes }) => writes);
    await new Promise((resolve) => setImmediate(resolve));
    expect(crowd.map(({ writes }, i) => writes - before[i]!)).toEqual(crowd.map(() => 1));
    for (const one of crowd)
      expect(one.sent().toString()).toBe('round 0\nround 1\nround 2\nagain 0\nagain 1\nagain 2\n');
  });

  test('64 KiB leave early, and everything leaves before the close.', () => {
    const embedded = embed(line());
    const text = 'x'.repeat(1023);
    for (let i = 0; i < 63; i++) embedded.connection.send(text);
    expect(embedded.writes).toBe(0);
    embedded.connection.send(text);
    expect(embedded.writes).toBe(1);
    embedded.connection.send('last words');
    void embedded.connection.close();
    expect(embedded.ended).toBe(true);
    expect(embedded.sent().toString()).toBe(`${`${text}\n`.repeat(64)}last words\n`);
  });

  test('Large payloads go by reference, small ones are copied into a slab that all connections share.', () => {
    const written: Uint8Array[] = [];
    const [near] = duplexPair();
    const write = near.write.bind(near);
    near.write = ((chunk: Uint8Array, ...rest: []) => {
      written.push(chunk);
      return write(chunk, ...rest);
    }) as typeof near.write;
    const connection = Connection.over(near, lengthPrefixed());
    const large = Buffer.alloc(4000, 'y');
    connection.send(Buffer.from('small'));
    connection.send(large);
    connection.send(Buffer.from('tiny'));
    connection.flush();
    expect(written.map(({ length }) => length)).toEqual([13, 4000, 8]);
    expect(written[1]!.buffer).toBe(large.buffer);
    expect(written[0]!.buffer).toBe(written[2]!.buffer);
    expect(written[0]!.buffer.byteLength).toBe(64 * 1024);
  });

  test('The slab is reused only when the socket has let go of it.', async () => {
    // A stream that is no socket hands over the very bytes: none of them may change afterwards.
    const [near, far] = duplexPair();
    const seen: { chunk: Buffer; text: string }[] = [];
    far.on('data', (chunk: Buffer) => seen.push({ chunk, text: chunk.toString() }));
    const connection = Connection.over(near, line());
    const others = Array.from({ length: 4 }, () => embed(line()));
    for (let i = 0; i < 2000; i++) {
      connection.send(`message ${i} ${'x'.repeat(i % 90)}`);
      if (i % 3 === 0) others[i % 4]!.connection.send('something else');
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    connection.flush();
    await vi.waitFor(
      () => expect(seen.reduce((sum, { chunk }) => sum + chunk.length, 0)).toBe(connection.counters.bytesOut),
      patient,
    );
    for (const { chunk, text } of seen) expect(chunk.toString()).toBe(text);
    expect(seen.map(({ text }) => text).join('')).toBe(
      Array.from({ length: 2000 }, (_, i) => `message ${i} ${'x'.repeat(i % 90)}\n`).join(''),
    );

    // And a socket whose peer does not read still has them when it does.
    const server = createServer();
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const peer = connect((server.address() as { port: number }).port, '127.0.0.1');
    const slow = Connection.over(await accepted, line());
    peer.pause();
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${'z'.repeat(500)}`);
    for (const [i, text] of lines.entries()) {
      slow.send(text);
      if (i % 100 === 0) others[0]!.connection.send('in between');
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slow.bufferedBytes).toBeGreaterThan(1_000_000);
    const all = received(peer);
    peer.resume();
    await slow.close();
    expect((await all).toString()).toBe(lines.map((text) => `${text}\n`).join(''));
    server.close();
  });

  test('An encode that throws leaves no byte behind.', () => {
    const picky: CodecFactory<string> = () => ({
      decode: line()().decode,
      encode(message, output) {
        output.u32(message.length);
        if (message === 'large') output.bytes(Buffer.alloc(5000));
        if (message === 'endless') output.utf8('x'.repeat(100_000));
        output.utf8(message.slice(0, 3));
        if (message !== 'good') throw new TypeError(`cannot send ${message}`);
        output.utf8(message.slice(3));
      },
    });
    const embedded = embed(picky);
    const { connection } = embedded;
    for (const message of ['good', 'bad', 'good', 'large', 'good', 'endless', 'good']) {
      if (message === 'good') connection.send(message);
      else expect(() => connection.send(message)).toThrow(EncodeError);
    }
    expect(embedded.sent().toString('latin1')).toBe('\0\0\0\x04good'.repeat(4));
    expect(connection.writable).toBe(true);
    expect(embedded.errors).toEqual([]);
  });

  test('Only bytes that were written are flushed.', () => {
    // Whatever lay in the memory of the slab: the bytes that leave are those of the messages, in every mixture of kinds and sizes.
    const mixed: CodecFactory<number> = () => ({
      decode: () => undefined,
      encode(seed, output) {
        const at = output.mark();
        output.u32(0);
        const before = output.length;
        for (let i = 0; i < seed % 9; i++) {
          const kind = (seed * 7 + i) % 6;
          if (kind === 0) output.utf8('ü'.repeat(seed % 500));
          if (kind === 1) output.latin1('é'.repeat(seed % 50));
          if (kind === 2) output.bytes(Buffer.alloc(seed % 3000, 1));
          if (kind === 3) output.u16(seed);
          if (kind === 4) output.varint(seed * 1000);
          if (kind === 5) output.range(Buffer.alloc(64, 2), 3, 3 + (seed % 60));
        }
        output.patch(at, output.length - before, 4);
      },
    });
    const expected = (seed: number): Buffer => {
      const parts: Buffer[] = [];
      for (let i = 0; i < seed % 9; i++) {
        const kind = (seed * 7 + i) % 6;
        if (kind === 0) parts.push(Buffer.from('ü'.repeat(seed % 500)));
        if (kind === 1) parts.push(Buffer.from('é'.repeat(seed % 50), 'latin1'));
        if (kind === 2) parts.push(Buffer.alloc(seed % 3000, 1));
        if (kind === 3) parts.push(Buffer.from([seed >> 8, seed & 255]));
        if (kind === 4) parts.push(varint(seed * 1000));
        if (kind === 5) parts.push(Buffer.alloc(seed % 60, 2));
      }
      const body = Buffer.concat(parts);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return Buffer.concat([length, body]);
    };
    const [one, two] = [embed(mixed), embed(mixed)];
    const sent: Buffer[][] = [[], []];
    for (let seed = 1; seed < 4000; seed++) {
      const to = (seed >> 3) & 1;
      [one, two][to]!.connection.send(seed);
      sent[to]!.push(expected(seed));
    }
    expect(one.sent().equals(Buffer.concat(sent[0]!))).toBe(true);
    expect(two.sent().equals(Buffer.concat(sent[1]!))).toBe(true);
  });
});

describe('11. Closing', () => {
  test('close() flushes, ends, drops what still comes, and destroys at the deadline.', async () => {
    const embedded = embed(line(), {}, { closeTimeout: 3000 });
    embedded.connection.send('bye');
    const closed = embedded.connection.close();
    expect(embedded.sent().toString()).toBe('bye\n');
    expect(embedded.ended).toBe(true);
    embedded.feed('too late\n');
    expect(embedded.messages).toEqual([]);
    expect(embedded.connection.send('too late, too')).toBe(false);
    embedded.advance(2999);
    expect(embedded.destroyed).toBe(false);
    embedded.advance(1);
    expect(embedded.destroyed).toBe(true);
    expect(await closed).toBe('local');

    const polite = embed(line());
    const politely = polite.connection.close();
    polite.end();
    expect(await politely).toBe('local');
    expect(polite.clock.pending).toBe(0);
  });

  test('close() may be called any number of times and settles once.', async () => {
    const embedded = embed(line());
    const [first, second] = [embedded.connection.close(), embedded.connection.close()];
    expect(first).toBe(second);
    embedded.end();
    expect(await first).toBe('local');
    expect(await embedded.connection.close()).toBe('local');
    expect(await embedded.connection.closed).toBe('local');
    embedded.connection.destroy();
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['local']);
  });

  test('destroy() is at once.', async () => {
    const embedded = embed(line());
    embedded.connection.send('never sent');
    embedded.connection.destroy();
    expect(embedded.destroyed).toBe(true);
    expect(embedded.sent().toString()).toBe('');
    await embedded.settled();
    expect(embedded.closeReasons).toEqual(['destroyed']);
    expect(embedded.errors).toEqual([]);
  });

  test('server.close() answers every complete request received before its end and resolves with counts.', async () => {
    const gates: (() => void)[] = [];
    const server = new Server({ codec: line() }).onRead(async (connection, text) => {
      if (text === 'slow') await new Promise<void>((resolve) => gates.push(resolve));
      connection.send(`done ${text}`);
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peers = ['fast\nfast\n', 'slow\nfast\nhalf a l', ''].map((text) => {
      const peer = connect(server.port!, '127.0.0.1');
      peer.write(text);
      return received(peer);
    });
    while (gates.length === 0 || server.connections.size < 3) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close({ grace: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    gates[0]!();
    expect((await Promise.all(peers)).map(String)).toEqual(['done fast\ndone fast\n', 'done slow\ndone fast\n', '']);
    expect(await closed).toEqual({ drained: 3, destroyed: 0 });
    expect(await server.close()).toEqual({ drained: 3, destroyed: 0 });

    // Whoever never finishes is destroyed at the deadline.
    const stuck = new Server({ codec: line() }).onRead(() => new Promise(() => {}));
    await stuck.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect(stuck.port!, '127.0.0.1');
    peer.write('hello\n');
    const gone = received(peer);
    while (stuck.connections.size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await stuck.close({ grace: 50 })).toEqual({ drained: 0, destroyed: 1 });
    await gone;
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  while (value > 127) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  return Buffer.from([...bytes, value]);
}
