import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { quasizeroClient, type RequestFields, type Response } from '@wirewright/codec-quasizero';
import { ByteReader, decodeNext, encodeMessage } from '@wirewright/core/codec';
import { type Commands, QuasizeroServer, type QuasizeroServerOptions } from '@wirewright/quasizero';
import { afterEach } from 'vitest';

import { Peer } from '../support/peer.ts';

const closing: (() => Promise<unknown>)[] = [];

/** Has `close` called at the end of the test. */
export function afterwards(close: () => Promise<unknown>): void {
  closing.push(close);
}

afterEach(async () => {
  while (closing.length > 0) await closing.pop()!();
});

/** Something that is waited for, and what ends the wait. */
export function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** A server on a free port of 127.0.0.1, until the end of the test. */
export async function serve<Data>(
  commands: Commands<Data>,
  options: QuasizeroServerOptions<Data> = {},
  prepare: (server: QuasizeroServer<Data>) => unknown = () => {},
): Promise<QuasizeroServer<Data>> {
  const server = new QuasizeroServer(commands, options);
  prepare(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  afterwards(async () => {
    server.destroy();
    await server.close();
  });
  return server;
}

/** A bare socket to a server, until the end of the test. */
export async function peerOf({ port }: { readonly port: number | undefined }): Promise<Peer> {
  const socket = connect({ port: port!, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const peer = new Peer(socket);
  afterwards(async () => {
    socket.destroy();
    await peer.closed;
  });
  await once(socket, 'connect');
  return peer;
}

/** A request as bytes. */
export function ask(
  code: number,
  payload: RequestFields['payload'] = '',
  metadata: RequestFields['metadata'] = {},
): Buffer {
  return encodeMessage(quasizeroClient()(), { code, payload, metadata });
}

/** The responses that a peer has got so far, each in short: its error, or its payload as text. */
export function answers(peer: Peer): string[] {
  return responses(peer).map((response) =>
    response.errorMessage === '' ? response.text() : `! ${response.errorMessage}`,
  );
}

export function responses(peer: Peer): Response[] {
  const codec = quasizeroClient()();
  const input = new ByteReader(Buffer.concat(peer.chunks));
  input.maxFrameLength = codec.maxFrameLength!;
  const found: Response[] = [];
  for (let next = decodeNext(codec, input); next !== undefined; next = decodeNext(codec, input)) found.push(next);
  return found;
}

/** Resolves when the peer has got so many responses; rejects when it cannot get them any more. */
export async function answered(peer: Peer, count: number): Promise<string[]> {
  while (responses(peer).length < count) await peer.has(peer.bytes + 1);
  return answers(peer);
}

/** PONG, what it gets, a failure, and what takes its time. */
export const commands: Commands = {
  1: (_request, response) => response.setString('PONG'),
  2: (request, response) => {
    response.set(request.payload);
    for (const [key, value] of request.metadata) response.setMeta(key, value);
  },
  3: () => {
    throw new Error('something went wrong');
  },
  4: async (request, response) => {
    await sleep(Number(request.text()));
    response.setString('slept');
  },
};
