import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';

import {
  type BinaryResponse,
  memcachedBinaryClient,
  Opcode,
  type RequestFields,
  requests,
} from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';
import { MemcachedServer, type MemcachedServerOptions } from '@wirewright/memcached';
import { onTestFinished } from 'vitest';

import { decodeAll } from '../codec-memcached-binary/plain.ts';
import { Peer } from '../support/peer.ts';

/** Has `close` called at the end of the test, the last one first. */
export function afterwards(close: () => Promise<unknown>): void {
  onTestFinished(async () => {
    await close();
  });
}

/** A server on a free port of 127.0.0.1, until the end of the test. */
export async function serve<Data>(
  options: MemcachedServerOptions<Data> = {},
  prepare: (server: MemcachedServer<Data>) => unknown = () => {},
): Promise<MemcachedServer<Data>> {
  const server = new MemcachedServer(options);
  prepare(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  afterwards(async () => {
    server.destroy();
    await server.close();
  });
  return server;
}

/** A connection to a server, until the end of the test. */
export class Talk {
  readonly peer: Peer;
  #seen = 0;
  #noops = 0;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  send(bytes: string | Uint8Array): void {
    this.peer.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** What is answered to text: all that comes before the answer to an `mn` behind it. */
  async text(commands: string): Promise<string> {
    this.send(`${commands}mn\r\n`);
    await this.until(() => this.unseen.endsWith('MN\r\n'));
    const answer = this.unseen;
    this.#seen = this.peer.bytes;
    return answer.slice(0, -'MN\r\n'.length);
  }

  /** What is answered to requests: all that comes before the answer to a Noop behind them. */
  async binary(...frames: readonly (RequestFields | Uint8Array)[]): Promise<BinaryResponse[]> {
    const opaque = 0x7fff_0000 + this.#noops++;
    const codec = memcachedBinaryClient();
    for (const frame of [...frames, requests.noop({ opaque })])
      this.send(frame instanceof Uint8Array ? frame : encodeMessage(codec(), frame));
    const responses: BinaryResponse[] = [];
    await this.until(() => {
      responses.splice(0, Infinity, ...decodeAll(memcachedBinaryClient()(), Buffer.from(this.unseen, 'latin1')));
      return responses.at(-1)?.opcode === Opcode.Noop && responses.at(-1)?.opaque === opaque;
    });
    this.#seen = this.peer.bytes;
    return responses.slice(0, -1);
  }

  /** All that comes from now on until the server ends the connection. */
  async rest(): Promise<string> {
    await this.peer.end();
    return this.unseen;
  }

  /** What has come and was not returned yet. */
  get unseen(): string {
    return this.peer.text.slice(this.#seen);
  }

  /** Resolves when `done` says so, looking whenever bytes come; rejects when no more can come. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await this.peer.has(this.peer.bytes + 1);
  }
}

/** A connection to a server: to its port, or to a path. */
export async function talkTo(place: { readonly port: number | undefined } | string): Promise<Talk> {
  const where = typeof place === 'string' ? { path: place } : { port: place.port!, host: '127.0.0.1' };
  const socket = connect({ ...where, allowHalfOpen: true, noDelay: true });
  const peer = new Peer(socket);
  afterwards(async () => {
    socket.destroy();
    await peer.closed;
  });
  await once(socket, 'connect');
  return new Talk(peer);
}

/** The answer to `stats`, or to one of its kind, by name. */
export function statsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.startsWith('STAT '))
      .map((line) => [line.split(' ')[1]!, line.split(' ').slice(2).join(' ')]),
  );
}
