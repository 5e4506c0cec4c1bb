/*
 * Flags of meta commands are letters. Which of them a command has are two sets of bits, one for either case, so that looking one up is a shift.
 */

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;

/** The bit of a letter within its case. */
export function flagBit(code: number): number {
  return 1 << (code & 0x1f);
}

export function isUpperFlag(code: number): boolean {
  return code >= UPPER_A && code <= UPPER_Z;
}

export function isLowerFlag(code: number): boolean {
  return code >= LOWER_A && code <= LOWER_Z;
}

/** The set of these letters, all of the same case. */
export function flagBits(letters: string): number {
  let bits = 0;
  for (let i = 0; i < letters.length; i++) bits |= flagBit(letters.charCodeAt(i));
  return bits;
}

/** Flags of any command may go with any, as in memcached, which ignores those that mean nothing to a command. */
export const LOWER_FLAGS: number = flagBits('bcfhklqstuvx');
export const UPPER_FLAGS: number = flagBits('CDEFIJLMNOPRT');

/** A set of flags, to be made once and looked for often. */
export interface MetaFlagSet {
  /** Those in lower case, a bit for each letter. */
  readonly lower: number;
  /** Those in upper case, a bit for each letter. */
  readonly upper: number;
}

/** The set of the flags with these letters. */
export function metaFlagSet(letters: string): MetaFlagSet {
  return { lower: flagBits(letters.replaceAll(/[^a-z]/g, '')), upper: flagBits(letters.replaceAll(/[^A-Z]/g, '')) };
}
