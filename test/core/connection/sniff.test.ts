import { connect as connectNet } from 'node:net';

import { line, type Line } from '@wirewright/codec-line';
import {
  beginsTls,
  Client,
  type CloseReason,
  Connection,
  Exchange,
  InvalidOptionError,
  protocol,
  Server,
  sniff,
  type SniffChoice,
  type WireError,
} from '@wirewright/core';
import { type ByteReader, type CodecFactory, lengthPrefixed } from '@wirewright/core/codec';
import { embed, type EmbeddedConnection, FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { Peer } from '../../support/peer.ts';

let ca: Identity;
let identity: Identity;
const closing: { destroy(): void }[] = [];

beforeAll(async () => {
  ca = await authority();
  identity = await issue(['localhost', '127.0.0.1'], ca);
});

afterEach(() => {
  for (const one of closing.splice(0)) one.destroy();
});

const text = protocol(line(), { onRead: (connection, message) => connection.send(`text ${message}`) });
const binary = protocol(lengthPrefixed({ width: 2 }), { onRead: (connection, message) => connection.send(message) });

/** Two bytes tell: 0 is the first of a length below 256, a letter that of a line. */
function choose(input: ByteReader): SniffChoice | undefined {
  if (beginsTls(input) === true) return { ...text, tls: identity };
  if (input.length < 2) return undefined;
  return input.u8(0) === 0 ? binary : text;
}

describe('a server that sniffs', () => {
  let server: Server<never, never>;
  let errors: WireError[];
  let reasons: CloseReason[];
  let place: { port: number; host: string };
  let clock: FakeClock;

  beforeEach(async () => {
    // Connections of the test before may close late.
    const itsErrors: WireError[] = (errors = []);
    const itsReasons: CloseReason[] = (reasons = []);
    clock = new FakeClock();
    server = new Server<never, never>({ codec: sniff(choose, { maxLength: 16 }), clock, frameTimeout: 1000 })
      .onError((_, error) => itsErrors.push(error))
      .onClose((_, reason) => itsReasons.push(reason));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    place = { port: server.port!, host: '127.0.0.1' };
  });

  /** Resolves when a connection has closed. */
  async function closed(): Promise<void> {
    while (reasons.length === 0) await new Promise(setImmediate);
  }

  async function said(bytes: readonly (string | Buffer)[], reply: string): Promise<void> {
    const peer = new Peer(connectNet(place));
    peer.socket.setNoDelay(true);
    for (const some of bytes) {
      peer.socket.write(some);
      await new Promise(setImmediate);
    }
    await peer.has(reply.length);
    expect(peer.text).toBe(reply);
    peer.socket.end();
    await peer.closed;
  }

  test('speaks to each what it speaks, the first bytes included, however they come', async () => {
    await said(['hello\nworld\n'], 'text hello\ntext world\n');
    await said([Buffer.from('\0\x05hello\0\x01x')], '\0\x05hello\0\x01x');
    await said('hello\n'.split(''), 'text hello\n');
    await said(['h', 'ello\nwor', 'ld\n'], 'text hello\ntext world\n');
    // More at once than may be looked at.
    const long = `${'x'.repeat(10_000)}\n`;
    await said([long + long], `text ${long}text ${long}`);
    expect(errors).toEqual([]);
  });

  test('shakes hands with who begins TLS on the same port, and goes on inside', async () => {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const secret = await client.connect({ ...place, tls: { ca: ca.cert } });
    const plain = await client.connect(place);
    expect([secret.tls?.authorized, plain.tls]).toEqual([true, undefined]);
    const ask = (connection: Connection<string, Line>): Promise<string> =>
      new Exchange(connection).request('hello', (reply) => reply);
    expect([await ask(secret), await ask(plain)]).toEqual(['text hello', 'text hello']);
  });

  test('closes on what begins nothing, and nobody else', async () => {
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const good = new Exchange(await client.connect(place));
    expect(await good.request('hello', (reply) => reply)).toBe('text hello');
    const bad = new Peer(connectNet(place));
    bad.socket.write(Buffer.concat([Buffer.from([22, 3, 1, 0, 5]), Buffer.from('not a hello')]));
    await closed();
    expect(reasons).toEqual(['tls-error']);
    expect(await good.request('hello', (reply) => reply)).toBe('text hello');
  });

  test('waits for the choice no longer than for a frame', async () => {
    const peer = new Peer(connectNet(place));
    peer.socket.write('x');
    while (server.counters.bytesIn === 0) await new Promise(setImmediate);
    for (let i = 0; i < 20; i++) clock.advance(100);
    await closed();
    expect(reasons).toEqual(['frame-timeout']);
  });

  test('is not told by a peer that ends before it has said enough', async () => {
    const peer = new Peer(connectNet(place));
    peer.socket.end('x');
    await closed();
    expect([reasons, errors[0]?.code]).toEqual([['protocol-error'], 'WIRE_TRUNCATED']);
  });

  test('does not mind a peer that comes and goes', async () => {
    const peer = new Peer(connectNet(place));
    peer.socket.end();
    await closed();
    expect([reasons, errors]).toEqual([['peer'], []]);
  });
});

describe('sniff()', () => {
  const started = (codec: CodecFactory<never, never>): EmbeddedConnection<never, never> =>
    embed(codec, {}, { record: false });

  test('gives up when the choice is not made in time', () => {
    const embedded = started(sniff(() => undefined, { maxLength: 4 }));
    embedded.feed(Buffer.from('abc'));
    expect(embedded.connection.closeReason).toBeUndefined();
    embedded.feed(Buffer.from('d'));
    expect(embedded.connection.error).toMatchObject({
      code: 'WIRE_PROTOCOL',
      message: 'the first 4 bytes begin no protocol that is spoken here',
    });
  });

  test.each<[string, (input: ByteReader) => unknown]>([
    ['a codec instead of its factory', () => ({ codec: line()() })],
    ['nothing that it can be', () => 'text'],
    ['null', () => null],
  ])('fails the connection when the choice is %s', (_, bad) => {
    const embedded = started(sniff(bad as never));
    embedded.feed(Buffer.from('x'));
    expect(embedded.connection.error?.message).toMatch(/codec/);
  });

  test('does not let bytes be consumed', () => {
    const embedded = started(
      sniff((input) => {
        input.skip(1);
        return text;
      }),
    );
    embedded.feed(Buffer.from('xy'));
    expect(embedded.connection.error?.message).toMatch(/must not consume/);
  });

  test('closes one whose choice has a codec that cannot be made, also behind TLS', async () => {
    const errors: WireError[] = [];
    const server = new Server({
      codec: sniff(() => ({ codec: () => ({}) as never, tls: identity })),
    }).onError((_, error) => errors.push(error));
    closing.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = new Client<string, Line>({ codec: line() });
    closing.push(client);
    const connection = await client.connect({ port: server.port!, host: '127.0.0.1', tls: { ca: ca.cert } });
    await connection.closed;
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/decode/) })]);
  });

  test('lets nothing be sent before the choice', () => {
    const embedded = started(sniff(() => text));
    expect(() => embedded.connection.send('hello' as never)).toThrow(/before the peer has chosen/);
    embedded.feed(Buffer.from('a\n'));
    expect(embedded.connection.closeReason).toBeUndefined();
  });

  test('chooses again inside of what it chose', () => {
    const heard: string[] = [];
    const inner = protocol(line(), { onRead: (_, message) => void heard.push(message) });
    const embedded = started(sniff(() => ({ codec: sniff((input) => (input.length < 3 ? undefined : inner)) })));
    embedded.feed(Buffer.from('ab'));
    embedded.feed(Buffer.from('c\nd\n'));
    expect(heard).toEqual(['abc', 'd']);
  });

  test('keeps the messages for who takes them later, when the choice has no hook', async () => {
    const embedded = started(sniff(() => ({ codec: line() })));
    embedded.feed(Buffer.from('a\nb\n'));
    const messages: unknown[] = [];
    for await (const message of embedded.connection) {
      messages.push(message);
      if (messages.length === 2) break;
    }
    expect(messages).toEqual(['a', 'b']);
  });

  test.each<[string, () => unknown]>([
    ['no function', () => sniff('x' as never)],
    ['an unknown option', () => sniff(choose, { max: 1 } as never)],
    ['no length', () => sniff(choose, { maxLength: 0 })],
    ['no codec', () => protocol(undefined as never)],
    ['TLS without a certificate', () => protocol(line(), {}, {})],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(InvalidOptionError);
  });
});
