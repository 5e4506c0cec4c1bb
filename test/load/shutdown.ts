import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, type CloseResult, type Connection, Server } from '@wirewright/core';
import { type FrameBody, lengthPrefixed } from '@wirewright/core/codec';

import { random } from '../support/random.ts';
import { received } from '../support/received.ts';
import type { Conversation, Crowd } from './crowd.ts';

const HOST = '127.0.0.1';
const codec = lengthPrefixed({ width: 4 });

/** Longer than answering takes. */
const grace = 15_000;

/** How a server answers: in the hook itself, or later. */
export type Manner = 'at once' | 'later';

/** Opens `count` connections that ask until the server ends; resolves with what each has seen. */
export type Talk = (port: number, count: number, depth: number, seed: number) => Promise<Conversation[]>;

/** What the server read and what its peers saw of that. */
export interface Shutdown {
  readonly received: number;
  readonly sent: number;
  readonly answered: number;
  readonly doubled: number;
  readonly resets: number;
  /** Peers that got the first of their requests, whole and in order, and then the end. */
  readonly inOrder: number;
  readonly result: CloseResult;
  /** What the process was warned of meanwhile. */
  readonly warnings: readonly string[];
}

/** An echo server that counts what it reads, and calls `each` then. */
function echo(manner: Manner, seed: number, each: (count: number) => void = () => {}): Server<Buffer, FrameBody> {
  const next = random(seed);
  let count = 0;
  return new Server({ codec }).onRead((connection, message) => {
    each(++count);
    if (manner === 'at once') return connection.send(message);
    const pause = next() < 0.7 ? new Promise((resolve) => setImmediate(resolve)) : sleep(next() * 3);
    return pause.then(() => connection.send(message));
  });
}

/**
 * Closes a server while `count` peers ask without a pause: when all are there, after some more requests, in the hook of the last or a
 * little later.
 */
export async function shutDown(talk: Talk, manner: Manner, count: number, seed: number): Promise<Shutdown> {
  const next = random(seed);
  next();
  const last = 1 + Math.floor(next() * 2000);
  const delay = next() < 0.5 ? 0 : next() * 20;
  let reads = 0;
  let closed: Promise<CloseResult> | undefined;
  const close = (): void => {
    closed ??= server.close({ grace });
  };
  let asked = 0;
  const server = echo(manner, seed, () => {
    reads++;
    // Nobody is left whom the kernel keeps for a listener that is closed: those it resets.
    if (server.connections.size < count || ++asked !== last) return;
    if (delay === 0) close();
    else setTimeout(close, delay);
  });
  await server.listen({ port: 0, host: HOST });
  const warnings: string[] = [];
  const warn = ({ message }: Error): unknown => warnings.push(message);
  process.on('warning', warn);
  try {
    const seen = await talk(server.port!, count, 16, seed);
    return { ...summary(seen), received: reads, result: await closed!, warnings };
  } finally {
    process.off('warning', warn);
    server.destroy();
  }
}

function summary(seen: readonly Conversation[]): Omit<Shutdown, 'received' | 'result' | 'warnings'> {
  const sum = (of: (conversation: Conversation) => number): number =>
    seen.reduce((all, conversation) => all + of(conversation), 0);
  return {
    sent: sum(({ sent }) => sent),
    answered: sum(({ answers }) => answers),
    doubled: sum(({ doubled }) => doubled),
    resets: sum(({ errors }) => errors.length),
    inOrder: sum(({ prefix, ended }) => (prefix && ended ? 1 : 0)),
  };
}

/** Bare sockets of another process. */
export function bare(crowd: Crowd): Talk {
  return (port, count, depth, seed) => crowd.converse(port, count, depth, seed);
}

/** Connections of a client of ours. */
export const ours: Talk = async (port, count, depth, seed) => {
  const next = random(seed);
  const talkers = new Map<Connection<Buffer, FrameBody>, Talker>();
  const client = new Client({ codec })
    .onConnect((connection) => {
      const talker = new Talker(connection, depth, next);
      talkers.set(connection, talker);
      talker.topUp();
    })
    .onRead((connection, message) => talkers.get(connection)!.take(message));
  const place = { port, host: HOST };
  const connections = await Promise.all(Array.from({ length: count }, () => client.connect(place)));
  await Promise.all(connections.map(({ closed }) => closed));
  return connections.map((connection) => talkers.get(connection)!.conversation);
};

class Talker {
  readonly #connection: Connection<Buffer, FrameBody>;
  readonly #depth: number;
  readonly #random: () => number;
  readonly #requests: Buffer[] = [];
  readonly #seen = new Set<number>();
  #answers = 0;
  #prefix = true;

  constructor(connection: Connection<Buffer, FrameBody>, depth: number, next: () => number) {
    this.#connection = connection;
    this.#depth = depth;
    this.#random = next;
  }

  take(answer: Buffer): void {
    if (this.#requests[this.#answers]?.equals(answer) !== true) this.#prefix = false;
    this.#seen.add(answer.readUInt32BE(0));
    this.#answers++;
    this.topUp();
  }

  topUp(): void {
    while (this.#connection.writable && this.#requests.length < this.#answers + this.#depth) {
      const request = numbered(this.#requests.length, 4 + Math.floor(this.#random() ** 4 * 3000));
      this.#requests.push(request);
      this.#connection.send(request);
    }
  }

  get conversation(): Conversation {
    const { closeReason, error } = this.#connection;
    return {
      sent: this.#requests.length,
      answers: this.#answers,
      doubled: this.#answers - this.#seen.size,
      prefix: this.#prefix,
      ended: closeReason === 'peer',
      errors: error === undefined ? [] : [String(error)],
    };
  }
}

/** A request of `length` that begins with its number. */
function numbered(number: number, length: number): Buffer {
  const request = Buffer.alloc(length, number & 0xff);
  request.writeUInt32BE(number, 0);
  return request;
}

/**
 * Closes a server in the moment when the kernel has got the requests of `count` peers, and the server has read none of them.
 * Resolves with how many there were and how many were answered.
 */
export async function closeOnUnread(manner: Manner, count: number, depth: number): Promise<[number, number]> {
  const server = await echo(manner, count).listen({ port: 0, host: HOST });
  const requests = Buffer.concat(
    Array.from({ length: depth }, (_, i) => {
      const body = numbered(i, 200 + i);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(body.length);
      return Buffer.concat([head, body]);
    }),
  );
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(server.port!, HOST, () => resolve(socket));
        }),
    ),
  );
  while (server.connections.size < count) await new Promise((resolve) => setImmediate(resolve));
  const answers = sockets.map(received);
  // Each write is in the hands of the kernel when it returns, and on this machine with the receiver, too.
  for (const socket of sockets) socket.write(requests);
  const closed = server.close({ grace });
  const got = await Promise.all(answers);
  await closed;
  return [count, got.filter((bytes) => bytes.equals(requests)).length];
}
