import type { Server as NetServer } from 'node:net';

import { InvalidOptionError } from '../codec/errors.ts';

/** Listeners that a server serves, or has served. */
const taken = new WeakSet<NetServer>();

/**
 * Notes that `listener` is served: two servers would both answer each of its connections.
 *
 * @throws {InvalidOptionError} it is no listener, or is served already
 */
export function takeListener(listener: NetServer): void {
  if (typeof (listener as Partial<NetServer> | undefined)?.on !== 'function')
    throw new InvalidOptionError('serve() takes a listener: a Server of node:net or node:tls');
  if (taken.has(listener)) throw new InvalidOptionError('this listener is served already: serve() takes it once');
  taken.add(listener);
}
