const PER_LINE = 16;
const HALF = 8;
/** Width of the bytes of a full line, the gap in the middle included. */
const WIDTH = PER_LINE * 3;

/**
 * Bytes in the canonical form: offset, sixteen bytes in hex with a gap after the eighth, and what of them is printable ASCII.
 *
 * ```text
 * 00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 0a           |hello, world.|
 * ```
 *
 * @param limit how many bytes are shown; a last line says how many more there are
 * @returns lines with a newline between them, none at the end; the empty text for no bytes
 */
export function hexdump(bytes: Uint8Array, limit: number = Infinity): string {
  const end = Math.min(bytes.length, limit);
  const lines: string[] = [];
  for (let at = 0; at < end; at += PER_LINE) lines.push(dumpLine(bytes.subarray(at, Math.min(at + PER_LINE, end)), at));
  const more = bytes.length - end;
  if (more > 0) lines.push(`... ${more} more ${more === 1 ? 'byte' : 'bytes'}`);
  return lines.join('\n');
}

function dumpLine(bytes: Uint8Array, at: number): string {
  let hex = '';
  let ascii = '';
  for (const [i, byte] of bytes.entries()) {
    if (i > 0) hex += i === HALF ? '  ' : ' ';
    hex += byte.toString(16).padStart(2, '0');
    ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(WIDTH)}  |${ascii}|`;
}
