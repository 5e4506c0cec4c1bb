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
      here.once('close', () => there.destroy());
      there.once('close', () => here.destroy());
      server.attach(there);
      return here;
    },
  };
}
