import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Client, type CloseReason, type Connection, Server, type WireError } from '@wirewright/core';
import { type CodecFactory, lengthPrefixed, varintPrefixed } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { received } from '../../support/received.ts';

/** A text codec with a fault for each occasion. */
const faulty: CodecFactory<string> = () => {
  const lines = line({ maxLength: 1000 })();
  return {
    decode(input) {
      if (input.u8(0) === 0x21) throw new TypeError('the codec has a bug');
      if (input.u8(0) === 0x3f) return 'nothing consumed';
      return lines.decode(input);
    },
    encode(text, output) {
      output.utf8('half of it');
      if (text === 'unsayable') throw new TypeError('no word for it');
      output.utf8(` ${text}\n`);
    },
  };
};

interface Report {
  error: WireError;
  reason: CloseReason;
}

/** A server that survives: what it reported, and how a well-behaved connection fares meanwhile. */
async function withServer(
  codec: CodecFactory<string>,
  body: (port: number, reports: Report[]) => Promise<void>,
): Promise<void> {
  const errors = new Map<Connection<string>, WireError[]>();
  const reports: Report[] = [];
  const server = new Server({ codec })
    .onRead((connection, text) => {
      if (text === 'throw') throw new Error('the hook has a bug');
      if (text === 'reject') return Promise.reject(new Error('the hook has a bug, later'));
      connection.send(text);
      return undefined;
    })
    .onError((connection, error) => {
      errors.set(connection, [...(errors.get(connection) ?? []), error]);
    })
    .onClose((connection, reason) => {
      for (const error of errors.get(connection) ?? []) reports.push({ error, reason });
    });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const good = connect(server.port!, '127.0.0.1');
  const echo = async (): Promise<void> => {
    const answer = new Promise<string>((resolve) => good.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    good.write(goodMessage(codec));
    expect(await answer).toContain('good');
  };
  try {
    await echo();
    await body(server.port!, reports);
    await echo();
    expect(server.connections.size).toBe(1);
  } finally {
    good.destroy();
    await server.close({ grace: 100 });
  }
}

function goodMessage(codec: CodecFactory<string>): Buffer | string {
  if (codec === faulty) return 'good\n';
  return codec === prefixed ? Buffer.from('\0\0\0\x04good') : Buffer.from('\x04good');
}

const prefixed = lengthPrefixed({ as: 'string' }) as CodecFactory<string>;
const varint = varintPrefixed({ as: 'string' }) as CodecFactory<string>;

/** Sends `bytes` from a peer of its own, and resolves with what came back before the server closed. */
async function provoke(port: number, bytes: Buffer | string): Promise<string> {
  const peer = connect(port, '127.0.0.1');
  peer.write(bytes);
  return (await received(peer)).toString();
}

describe('bad input closes one connection, with its own error and reason, reported once:', () => {
  const cases: [string, CodecFactory<string>, Buffer | string, string, string, CloseReason][] = [
    [
      'an over-long frame',
      faulty,
      `ok\n${'x'.repeat(2000)}\n`,
      'half of it ok\n',
      'WIRE_FRAME_TOO_LARGE',
      'protocol-error',
    ],
    [
      'a length prefix that claims 4 GiB',
      prefixed,
      Buffer.from('\0\0\0\x02ok\xff\xff\xff\xff', 'latin1'),
      '\0\0\0\x02ok',
      'WIRE_FRAME_TOO_LARGE',
      'protocol-error',
    ],
    [
      'a varint of 11 bytes',
      varint,
      Buffer.from('\x02ok\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01', 'latin1'),
      '\x02ok',
      'WIRE_PROTOCOL',
      'protocol-error',
    ],
    ['a codec that throws', faulty, 'ok\n!\n', 'half of it ok\n', 'WIRE_DECODE_FAILED', 'protocol-error'],
    ['a codec that consumes nothing', faulty, 'ok\n?\n', 'half of it ok\n', 'WIRE_CODEC_STUCK', 'protocol-error'],
    ['a hook that throws', faulty, 'ok\nthrow\nignored\n', 'half of it ok\n', 'WIRE_HOOK_FAILED', 'hook-error'],
    ['a hook that rejects', faulty, 'ok\nreject\nignored\n', 'half of it ok\n', 'WIRE_HOOK_FAILED', 'hook-error'],
    [
      'an encode that throws half-way',
      faulty,
      'ok\nunsayable\n',
      'half of it ok\n',
      'WIRE_ENCODE_FAILED',
      'encode-error',
    ],
  ];

  test.each(cases)('%s', async (_name, codec, bytes, answered, code, reason) => {
    await withServer(codec, async (port, reports) => {
      const before = process.memoryUsage().arrayBuffers;
      expect(await provoke(port, bytes)).toBe(answered);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
      await vi.waitFor(() => expect(reports).toHaveLength(1), patient);
      expect(reports).toMatchObject([{ error: { code }, reason }]);
    });
  });

  test('a peer that resets', async () => {
    await withServer(faulty, async (port, reports) => {
      const peer = connect(port, '127.0.0.1');
      peer.on('error', () => {});
      peer.write('ok\n');
      await new Promise((resolve) => peer.once('data', resolve));
      peer.resetAndDestroy();
      await vi.waitFor(() => expect(reports).toHaveLength(1), patient);
      expect(reports).toMatchObject([
        { error: { code: 'WIRE_SOCKET', cause: { code: 'ECONNRESET' } }, reason: 'reset' },
      ]);
    });
  });

  test('a peer that ends in the middle of a frame', async () => {
    await withServer(prefixed, async (port, reports) => {
      const peer = connect(port, '127.0.0.1');
      peer.end(Buffer.from('\0\0\0\x04go'));
      await received(peer);
      await vi.waitFor(() => expect(reports).toHaveLength(1), patient);
      expect(reports).toMatchObject([{ error: { code: 'WIRE_TRUNCATED', received: 6 }, reason: 'protocol-error' }]);
    });
  });
});

describe('9. Errors stay where they happen', () => {
  const uncaught: unknown[] = [];
  const listener = (error: unknown): void => void uncaught.push(error);

  afterEach(() => {
    process.off('uncaughtException', listener);
    process.off('unhandledRejection', listener);
    uncaught.length = 0;
  });

  test('No socket error ever reaches the process.', async () => {
    process.on('uncaughtException', listener);
    process.on('unhandledRejection', listener);
    // No hook at all: nobody listens.
    const server = new Server({ codec: line() });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = new Client({ codec: line(), closeTimeout: 100 });
    const resets = Array.from({ length: 20 }, async (_, i) => {
      const connection = await client.connect({ port: server.port!, host: '127.0.0.1' });
      connection.send('x'.repeat(10_000 * i));
      if (i % 2 === 0) connection.destroy();
      else void connection.close();
      connection.send('after the end');
      await connection.closed;
    });
    const sockets = Array.from({ length: 20 }, async () => {
      const peer = connect(server.port!, '127.0.0.1');
      peer.on('error', () => {});
      await new Promise((resolve) => peer.once('connect', resolve));
      peer.write('hello');
      peer.resetAndDestroy();
    });
    await Promise.all([...resets, ...sockets]);
    const embedded = embed(line());
    embedded.connection.destroy();
    embedded.reset();
    await client.close();
    await server.close({ grace: 200 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(uncaught).toEqual([]);
  });

  test('A throw or rejection in any hook closes its connection and no other.', async () => {
    process.on('uncaughtException', listener);
    process.on('unhandledRejection', listener);
    const warnings: string[] = [];
    const warned = vi
      .spyOn(process, 'emitWarning')
      .mockImplementation((warning) => void warnings.push(String(warning)));
    for (const later of [false, true]) {
      const fail = (hook: string) => (): unknown => {
        if (later) return Promise.reject(new Error(`${hook} is broken`));
        throw new Error(`${hook} is broken`);
      };
      const other = embed(line());

      const connecting = embed(line(), { onConnect: fail('onConnect') });
      const reading = embed(line(), { onRead: fail('onRead') });
      reading.feed('a\nb\n');
      const ending = embed(line(), { onEnd: fail('onEnd') });
      ending.end();
      const draining = embed(line(), { onDrain: fail('onDrain') }, { highWaterMark: 1 });
      draining.stall().connection.send('a line');
      draining.connection.flush();
      draining.unstall();
      for (const embedded of [connecting, reading, ending, draining]) {
        await embedded.settled();
        expect(embedded.errors).toMatchObject([{ code: 'WIRE_HOOK_FAILED' }]);
        embedded.advance(5000);
        await embedded.settled();
        expect(embedded.closeReasons).toEqual(['hook-error']);
      }
      expect(reading.messages).toEqual(['a']);

      // The hooks that report an end have nobody to report to.
      const reporting = embed(line(), { onError: fail('onError'), onClose: fail('onClose') });
      reporting.reset();
      await reporting.settled();
      expect(reporting.closeReasons).toEqual(['reset']);
      expect(warnings.splice(0)).toEqual([
        'HookError: onError failed: onError is broken',
        'HookError: onClose failed: onClose is broken',
      ]);

      other.feed('fine\n');
      expect(other.messages).toEqual(['fine']);
    }
    warned.mockRestore();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(uncaught).toEqual([]);
  });

  test('Every failure is reported once.', async () => {
    const embedded = embed(line(), {
      onRead: (connection) => {
        connection.fail(Object.assign(new Error('first')) as WireError);
        throw new Error('second');
      },
    });
    embedded.feed('a\n');
    embedded.reset();
    embedded.connection.destroy();
    void embedded.connection.close();
    await embedded.settled();
    expect(embedded.errors.map(({ message }) => message)).toEqual(['first']);
    expect(embedded.closeReasons).toEqual(['hook-error']);
    expect(embedded.connection.error?.message).toBe('first');
    expect(embedded.connection.closeReason).toBe('hook-error');
  });
});

test('onError can still send a last message', async () => {
  const embedded = embed(line({ maxLength: 10 }), {
    onError: (connection, error) => connection.send(`ERROR ${error.code}`),
  });
  embedded.feed('x'.repeat(100));
  expect(embedded.sent().toString()).toBe('ERROR WIRE_FRAME_TOO_LARGE\n');
  expect(embedded.ended).toBe(true);
  expect(embedded.connection.send('more')).toBe(false);
});

test('a fault of this side that nobody hears of becomes a warning, one of the peer does not', async () => {
  const warnings: unknown[] = [];
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning));
  const server = new Server({ codec: line({ maxLength: 100 }) }).onRead((_connection, text) => {
    if (text === 'bug') throw new Error('a bug');
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  await provoke(server.port!, 'x'.repeat(1000));
  expect(warnings).toEqual([]);
  await provoke(server.port!, 'bug\n');
  expect(warnings).toMatchObject([{ code: 'WIRE_HOOK_FAILED', message: 'onRead failed: a bug' }]);
  await server.close();
  warned.mockRestore();
});
