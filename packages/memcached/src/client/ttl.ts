import { InvalidOptionError } from '@wirewright/core';

/** Up to 30 days memcached takes seconds as relative, above as Unix time (memcached.h, `REALTIME_MAXDELTA`). */
const MAX_RELATIVE = 60 * 60 * 24 * 30;

/** Latest Unix time that there is room for. */
const MAX_UNIX = 2 ** 31 - 1;

/**
 * The exptime that has an item live for `ttl` seconds, and for `max` at most: 0 for ever. Parts of seconds are rounded up, and any number of days is
 * sent in the form that means it.
 *
 * @throws {InvalidOptionError} it is no time
 */
export function exptimeOf(ttl: number | undefined, max: number = Infinity): number {
  if (ttl === undefined && max === Infinity) return 0;
  if (ttl !== undefined && !(typeof ttl === 'number' && ttl >= 0)) {
    throw new InvalidOptionError(`ttl is a number of seconds of at least 0, for ever, not ${String(ttl)}`);
  }
  const seconds = Math.ceil(Math.min(ttl === undefined || ttl === 0 ? Infinity : ttl, max));
  if (seconds <= MAX_RELATIVE) return seconds;
  const unix = Math.floor(Date.now() / 1000) + seconds;
  return unix > MAX_UNIX ? 0 : unix;
}
