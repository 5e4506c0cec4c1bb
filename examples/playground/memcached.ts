import { MemcachedClient, MemcachedServer, text } from '@wirewright/memcached';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';
import type { Transcript } from './transcript.ts';

/** A cache that speaks the text and the binary protocol on one port. */
export function memcached(): Stand {
  return {
    name: 'memcached',
    server: new MemcachedServer(),
    usualPort: 11_211,

    async converse(port, transcript) {
      await converseIn('text', port, transcript);
      await converseIn('binary', port, transcript);
    },

    shellLines: (port) => [
      `memcstat --servers=${LOOPBACK}:${port}`,
      `memccat --servers=${LOOPBACK}:${port} --binary greeting`,
      `printf 'get greeting visits\\r\\nquit\\r\\n' | nc ${LOOPBACK} ${port}`,
    ],
  };
}

/** What one protocol has stored, the other finds: they have the same calls, and the same store behind them. */
async function converseIn(protocol: 'text' | 'binary', port: number, transcript: Transcript): Promise<void> {
  console.log(`  -- the ${protocol} protocol`);
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
}
