/** The polynomial of Castagnoli, least significant bit first. */
const POLYNOMIAL = 0x82f63b78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  return rest;
});

/** The CRC32c of `bytes` (RFC 4960, appendix B), as if the four bytes at `hole`, where it may be written itself, were 0. */
export function crc32c(bytes: Uint8Array, hole: number = bytes.length): number {
  let rest = -1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= hole && i < hole + 4 ? 0 : bytes[i]!;
    rest = TABLE[(rest ^ byte) & 0xff]! ^ (rest >>> 8);
  }
  return ~rest >>> 0;
}
