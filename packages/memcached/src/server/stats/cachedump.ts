import type { MemoryItem } from '../../store/memory-item.ts';
import type { ServerState } from '../server-state.ts';

/** Most bytes of an answer (items.c, `item_cachedump`). */
const MAX_LENGTH = 2 * 1024 * 1024;

/** The largest number that a class may have in memcached; ours has fewer. */
const LAST_CLASS = 63;

/** Items that are looked at for it: whoever wants all of them is better served by a dump that makes way for others. */
const MAX_ITEMS = 100_000;

/** The answer to `stats cachedump <class> <limit>`: `ITEM <key> [<bytes> b; <expiry> s]` for some items of a size; a limit of 0 is none. */
export function cachedump({ settings, memory, store }: ServerState, words: readonly string[]): string {
  if (!settings.allowDump) return 'CLIENT_ERROR stats cachedump not allowed';
  const [slabClass, limit] = words;
  if (slabClass === undefined || limit === undefined) return 'CLIENT_ERROR bad command line';
  if (!/^\d+$/.test(slabClass) || !/^\d+$/.test(limit)) return 'CLIENT_ERROR bad command line format';
  const number = Number(slabClass);
  if (number > LAST_CLASS) return 'CLIENT_ERROR Illegal slab id';
  const most = Number(limit) === 0 ? Infinity : Number(limit);
  const startedAt = memory === undefined ? 0 : memory.clock.startedAt;
  const lines: string[] = [];
  let length = 0;
  let looked = 0;
  for (const item of memory?.itemsOf(number) ?? store.items()) {
    if (lines.length >= most || ++looked > MAX_ITEMS) break;
    const { buffer, keyStart, keyEnd, valueStart, valueEnd, ttl } = item;
    if (memory === undefined && ((item as Partial<MemoryItem>).slabClass ?? 0) !== number) continue;
    const expires = ttl === -1 ? 0 : startedAt + (memory?.clock.now ?? 0) + ttl;
    const key = buffer.toString('latin1', keyStart, keyEnd);
    const line = `ITEM ${key} [${valueEnd - valueStart} b; ${expires} s]`;
    length += line.length + 2;
    if (length > MAX_LENGTH) break;
    lines.push(line);
  }
  return [...lines, 'END'].join('\r\n');
}
