import { type Duplex, duplexPair } from 'node:stream';

import type { ConnectPlace } from '../client/connect-place.ts';

/**
 * A place to reach a server of the same process without a socket; every byte passes the codecs of both ends. For tests of handlers, and of
 * whatever has a client inside:
 *
 * ```ts
 * const place = memoryPlace(new JobServer());
 * const worker = new Worker(place).handle('reverse', reverse);
 * const client = new GearmanClient(place);
 * ```
 *
 * @param name what it is called in messages and events
 */
export function memoryPlace(server: { attach(stream: Duplex): unknown }, name: string = 'memory'): ConnectPlace {
  return {
    name,
    stream: () => {
      const [here, there] = duplexPair();
      // One that is destroyed does not tell the other by itself.
      here.once('close', () => breakOff(there));
      there.once('close', () => breakOff(here));
      server.attach(there);
      return here;
    },
  };
}

/** What the peer of a connection sees when that is gone: after its end nothing more, else a reset, as on a socket. */
function breakOff(stream: Duplex): void {
  stream.destroy(
    stream.readableEnded ? undefined : Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  );
}
