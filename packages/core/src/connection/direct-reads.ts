import { Socket } from 'node:net';

import { isPlainSocket, isTlsSocket, type Transport } from './transport.ts';

/** A socket, which is one of Node's streams: they take what is read through `push`. */
type Pushing = Transport & Partial<Pick<Socket, 'push'>>;

/**
 * Makes a `push` for sockets that hands what was read to `receive` at once. The way through the stream's buffer, its events and a tick that
 * asks for more takes a twentieth of the time of a short read. What is out of the ordinary goes that way all the same, and comes to `receive` as
 * the listener for 'data' that it has to be, too: the end, a socket that is paused or has bytes waiting, and bytes that somebody else listens to.
 */
export function pushTo(receive: (socket: Socket, chunk: Uint8Array) => void): Socket['push'] {
  return function push(this: Socket, chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    if (
      chunk === null ||
      this.readableFlowing !== true ||
      this.readableLength > 0 ||
      this.readableEncoding !== null ||
      this.listenerCount('data') !== 1
    )
      return Socket.prototype.push.call(this, chunk, encoding);
    receive(this, chunk);
    return true;
  };
}

/** Has a socket of Node's use `push`; any other stream stays as it is. A socket that never calls it is none the worse: its events tell. */
export function readDirectly(transport: Transport, push: Socket['push']): void {
  const pushing: Pushing = transport;
  if ((isPlainSocket(transport) || isTlsSocket(transport)) && !Object.hasOwn(transport, 'push')) pushing.push = push;
}

/** Ends that, for whoever has the socket next. */
export function readAsStream(transport: Transport, push: Socket['push']): void {
  const pushing: Pushing = transport;
  if (pushing.push === push) delete pushing.push;
}
