import { Buffer } from 'node:buffer';

import { InvalidNameError } from './errors.ts';

/**
 * Refuses the name of a function, a handle or the like that would be another one on the wire.
 *
 * @throws {InvalidNameError} it is empty, no text, or has a NUL, where it would end
 */
export function checkName(what: string, name: string): string {
  if (typeof name !== 'string' || name === '') throw new InvalidNameError(`${what} must be a text that is not empty`);
  if (name.includes('\0')) throw new InvalidNameError(`there is a NUL in ${what}: ${JSON.stringify(name)}`);
  return name;
}

/**
 * A unique as it is sent; empty for none.
 *
 * @throws {InvalidNameError} it is neither text nor bytes, or has a NUL, where it would end
 */
export function checkUnique(unique: string | Uint8Array): string | Uint8Array {
  if (typeof unique !== 'string' && !(unique instanceof Uint8Array)) {
    throw new InvalidNameError('unique must be a text or bytes');
  }
  if (typeof unique === 'string' ? unique.includes('\0') : unique.includes(0)) {
    throw new InvalidNameError('there is a NUL in the unique');
  }
  return unique;
}

/** A handle as it is sent: it was read with each byte as one character, so that different ones are different texts. */
export function wireHandle(handle: string): string | Uint8Array {
  for (let i = 0; i < handle.length; i++) if (handle.charCodeAt(i) >= 0x80) return Buffer.from(handle, 'latin1');
  return handle;
}
