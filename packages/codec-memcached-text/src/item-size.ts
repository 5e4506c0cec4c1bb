/** What memcached counts for an item besides key, flags and value: its header, the cas, and an end of the key. */
const ITEM_OVERHEAD = 48 + 8 + 1;

/** Bytes that memcached counts for an item. */
export function itemSize(keyLength: number, flags: number, length: number): number {
  return ITEM_OVERHEAD + keyLength + (flags === 0 ? 0 : 4) + length + 2;
}
