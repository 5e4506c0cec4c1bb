import type { Buffer } from 'node:buffer';

export function readUint32(source: Buffer, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}
