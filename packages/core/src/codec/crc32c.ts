/** The polynomial of Castagnoli, least significant bit first. */
const POLYNOMIAL = 0x82f63b78;

/** Four tables, each for a byte that is one further from the end. */
const TABLES = makeTables();

/** The CRC32c (RFC 4960, appendix B) of `bytes` from `start` to `end`; `crc` is that of what comes before them. */
export function crc32c(bytes: Uint8Array, start: number = 0, end: number = bytes.length, crc: number = 0): number {
  const [first, second, third, fourth] = TABLES;
  let state = ~crc;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    state ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    state =
      fourth[state & 0xff]! ^ third[(state >>> 8) & 0xff]! ^ second[(state >>> 16) & 0xff]! ^ first[state >>> 24]!;
  }
  for (; at < end; at++) state = first[(state ^ bytes[at]!) & 0xff]! ^ (state >>> 8);
  return ~state >>> 0;
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 4; table++) {
      const before = tables[table - 1]![byte]!;
      tables[table]![byte] = (before >>> 8) ^ tables[0][before & 0xff]!;
    }
  }
  return tables;
}
