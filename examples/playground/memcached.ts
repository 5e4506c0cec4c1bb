import { MemcachedClient, MemcachedServer, type Store, text } from '@wirewright/memcached';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';

/** What is particular to the stand of each protocol. */
const STANDS = {
  text: {
    usualPort: 11_211,
    shellLines: (port: number) => [
      `memcstat --servers=${LOOPBACK}:${port}`,
      `printf 'get greeting visits\\r\\nquit\\r\\n' | nc ${LOOPBACK} ${port}`,
    ],
  },
  binary: {
    usualPort: 11_212,
    shellLines: (port: number) => [`memccat --servers=${LOOPBACK}:${port} --binary greeting`],
  },
} as const;

/**
 * A cache that speaks one of memcached's protocols; by itself, a server finds out which it is by the first byte of each connection. With the same
 * `store`, each finds what the other has stored.
 */
export function memcached(protocol: 'text' | 'binary', store: Store): Stand {
  return {
    name: `memcached ${protocol}`,
    server: new MemcachedServer({ protocol, store }),
    ...STANDS[protocol],

    async converse(port, transcript) {
      const cache = new MemcachedClient(`${LOOPBACK}:${port}`, { protocol, values: text });
      try {
        await transcript.ask(`cache.set('greeting', 'hello, from ${protocol}')`, () =>
          cache.set('greeting', `hello, from ${protocol}`),
        );
        await transcript.ask(`cache.get('greeting')`, () => cache.get('greeting'));
        await transcript.ask(`cache.incr('visits', 1, { initial: 1 })`, () => cache.incr('visits', 1, { initial: 1 }));
      } finally {
        await cache.close();
      }
    },
  };
}
