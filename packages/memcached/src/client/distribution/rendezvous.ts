import { Buffer } from 'node:buffer';

import type { Distribution, ServerInfo } from './distribution.ts';
import { murmur3 } from './murmur3.ts';

/** What murmur3 is less than. */
const RANGE = 2 ** 32;

/**
 * Each server draws a number for the key, and the highest has it: when a server comes or goes, only its share of the keys moves, and that evenly. While
 * all weights are the same it is the one of pymemcache's `HashClient`, which finds the same keys.
 */
export const rendezvous: Distribution = (servers) => {
  const drawers = servers.map((server) => ({ server, prefix: Buffer.from(`${server.name}-`) }));
  const equal = servers.every(({ weight }) => weight === servers[0]!.weight);
  return (key) => {
    const bytes = typeof key === 'string' ? Buffer.from(key) : key;
    let best = 0;
    let highest = -Infinity;
    for (const [index, { server, prefix }] of drawers.entries()) {
      const drawn = murmur3(Buffer.concat([prefix, bytes]));
      const score = equal ? drawn : weightedScore(drawn, server);
      if (score > highest || (score === highest && server.name > servers[best]!.name)) {
        best = index;
        highest = score;
      }
    }
    return best;
  };
};

/** So that a server of weight 2 has the highest score twice as often as one of weight 1 (Schindelhauer and Schomaker's logarithmic method). */
function weightedScore(drawn: number, { weight }: ServerInfo): number {
  return -weight / Math.log((drawn + 0.5) / RANGE);
}
