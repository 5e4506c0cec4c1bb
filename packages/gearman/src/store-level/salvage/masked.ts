/** A CRC-32C as LevelDB writes it down: one of bytes that have checksums in them should not be like those. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}
