import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** Longer results are told by their hash, in bytes. */
const MOST_TOLD = 65_536;

/** What is said of a result; so do the scripts in other languages. */
export function told(bytes: Buffer): string {
  if (bytes.length <= MOST_TOLD) return bytes.toString('latin1');
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`;
}
