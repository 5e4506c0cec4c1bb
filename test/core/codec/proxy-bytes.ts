import { Buffer } from 'node:buffer';

export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Bytes from hex with spaces. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A version 2 header of the two bytes behind the signature and what is in it, in hex; its length is right. */
export function binary(start: string, ...parts: string[]): Buffer {
  const body = bytesOf(parts.join(''));
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  return Buffer.concat([SIGNATURE, bytesOf(start), length, body]);
}
