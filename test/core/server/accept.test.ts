import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { ScarceServer } from './scarce-server.ts';

describe.skipIf(process.platform === 'win32')('a server in want of file descriptors', () => {
  const servers: ScarceServer[] = [];
  const peers: Peer[] = [];

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.socket.destroy();
    for (const server of servers.splice(0)) await server.stop();
  });

  function start(how: string, listener?: NetServer): ScarceServer {
    const server = new ScarceServer(how, listener);
    servers.push(server);
    return server;
  }

  /** A listener for a server to inherit, and its port. */
  async function listening(): Promise<{ listener: NetServer; port: number }> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return { listener, port: (listener.address() as { port: number }).port };
  }

  function open(port: number, count: number): Peer[] {
    const opened = Array.from({ length: count }, () => new Peer(port));
    peers.push(...opened);
    return opened;
  }

  /** Resolves with how many were served and how many closed unserved, once no peer is left without either. */
  async function settled(among: readonly Peer[]): Promise<{ served: number; closed: number }> {
    await vi.waitFor(() => expect(among.filter((peer) => !peer.served && !peer.closed)).toHaveLength(0), patient);
    const served = among.filter((peer) => peer.served).length;
    return { served, closed: among.length - served };
  }

  /** Waits until `server` serves `count` peers at a time. */
  async function serves(port: number, count: number): Promise<void> {
    await vi.waitFor(async () => {
      const opened = open(port, count);
      const { served } = await settled(opened);
      for (const { socket } of opened) socket.destroy();
      expect(served).toBe(count);
    }, patient);
  }

  test('serves those that it has, turns away the others without spinning, warns once and recovers', async () => {
    const server = start('with its reserves');
    const { port } = await server.report();
    const [good] = open(port, 1);
    await settled([good!]);
    const over = new AbortController();
    const conversation = (async () => {
      let answers = 0;
      for (; !over.signal.aborted; answers++) {
        await good!.ask();
        await sleep(20);
      }
      return answers;
    })();

    const crowd = open(port, 100);
    const { served, closed } = await settled(crowd);
    expect(served).toBeGreaterThan(10);
    expect(closed).toBeGreaterThan(36);
    expect(await server.load(3000)).toBeLessThan(0.5);
    const late = open(port, 50);
    expect(await settled(late)).toEqual({ served: 0, closed: 50 });
    await vi.waitFor(() => expect(server.errors).toContain('AcceptError'), patient);
    expect((await server.report()).open).toBe(served + 1);

    for (const { socket } of crowd) socket.destroy();
    await serves(port, 10);
    over.abort();
    expect(await conversation).toBeGreaterThan(10);
    expect(good!.closed).toBe(false);
    expect(server.errors.match(/AcceptError/g)).toHaveLength(1);
    expect(server.errors).toContain('out of file descriptors');
  });

  test('fills the reserve that Node has lost', async () => {
    const { listener, port } = await listening();
    const server = start('without the reserve of Node', listener);
    await server.report();
    const crowd = open(port, 20);
    expect(await settled(crowd)).toEqual({ served: 0, closed: 20 });
    expect(await server.load(2000)).toBeLessThan(0.5);
    expect(await settled(open(port, 20))).toEqual({ served: 0, closed: 20 });
    for (let i = 0; i < 3; i++) await server.freeDescriptor();
    await serves(port, 1);
    expect(server.errors.match(/AcceptError/g)).toHaveLength(1);
  });

  test('takes the first descriptor that is free for the reserves, if both are lost', async () => {
    const { listener, port } = await listening();
    const server = start('without any reserve', listener);
    await server.report();
    const crowd = open(port, 20);
    await server.freeDescriptor();
    // By ours or by Node's: whoever makes a stream first, be it for a warning, fills that one.
    expect(await settled(crowd)).toEqual({ served: 0, closed: 20 });
    expect(await server.load(2000)).toBeLessThan(0.5);
    for (let i = 0; i < 4; i++) await server.freeDescriptor();
    await serves(port, 1);
    expect(server.errors.match(/AcceptError/g)).toHaveLength(1);
  });
});

describe('a listener that fails to accept', () => {
  test('costs a warning for each time of trouble, and nothing else', async () => {
    const warnings: unknown[] = [];
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning));
    const clock = new FakeClock();
    const listener = createServer();
    const server = new Server({ codec: line(), clock }).serve(listener);
    try {
      const fail = (code: string): boolean =>
        listener.emit('error', Object.assign(new Error(`accept ${code}`), { code, syscall: 'accept' }));
      for (let i = 0; i < 1000; i++) {
        fail(i % 2 === 0 ? 'ENOMEM' : 'ENOBUFS');
        clock.advance(100);
      }
      expect(warnings).toMatchObject([
        {
          code: 'WIRE_ACCEPT_FAILED',
          message: 'cannot accept connections: accept ENOMEM',
          cause: { code: 'ENOMEM' },
        },
      ]);
      clock.advance(60_000);
      fail('ENFILE');
      expect(warnings).toHaveLength(2);
      expect(String(warnings[1])).toContain('out of file descriptors');
    } finally {
      await server.close();
      warn.mockRestore();
    }
    expect(clock.pending).toBe(0);
  });
});

/** Asks once connected, and notes what comes of it. */
class Peer {
  readonly socket: Socket;
  served = false;
  closed = false;
  #answered: (() => void) | undefined = undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
      .on('error', () => {})
      .on('close', () => {
        this.closed = true;
      })
      .on('data', () => {
        this.served = true;
        this.#answered?.();
      });
    this.socket.write('hello\n');
  }

  /** Resolves with the answer. */
  async ask(): Promise<void> {
    const answer = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.socket.write('hello\n');
    await answer;
  }
}
