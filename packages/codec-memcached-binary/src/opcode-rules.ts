import { Opcode } from './opcode.ts';
import { Status } from './status.ts';

/** What the extras of a request are. */
export const Extras = {
  None: 0,
  /** flags u32, exptime u32 */
  Store: 1,
  /** delta u64, initial u64, exptime u32 */
  Counter: 2,
  /** exptime u32 */
  Exptime: 3,
  /** exptime u32, or none */
  Flush: 4,
  /** level u32 */
  Level: 5,
} as const;

/** How many bytes of extras a request has, by its {@link Extras}. */
export const EXTRAS_LENGTH: Uint8Array = Uint8Array.of(0, 8, 20, 4, 4, 4);

/*
 * Everything about an opcode is in one byte, so that to look at it takes one look-up:
 *
 *   bit   0..2    3              4            5              6      7
 *         Extras  key required   key allowed  value allowed  quiet  known
 */
export const EXTRAS = 0x07;
export const KEY_REQUIRED = 0x08;
export const KEY_ALLOWED = 0x10;
export const VALUE_ALLOWED = 0x20;
const QUIET = 0x40;
const KNOWN = 0x80;

const KEY = KEY_REQUIRED | KEY_ALLOWED;

/** For each opcode what a request with it consists of; 0 for those that are unknown. */
export const RULES: Uint8Array = new Uint8Array(256);

/** For each opcode the one that is not quiet. */
const LOUD: Uint8Array = Uint8Array.from({ length: 256 }, (_, opcode) => opcode);

/** For each opcode the one that is quiet; itself when there is none. */
const QUIETER: Uint8Array = Uint8Array.from(LOUD);

function rule(rules: number, opcode: number, quiet?: number): void {
  RULES[opcode] = KNOWN | rules;
  if (quiet === undefined) return;
  RULES[quiet] = KNOWN | QUIET | rules;
  LOUD[quiet] = opcode;
  QUIETER[opcode] = quiet;
}

rule(KEY, Opcode.Get, Opcode.GetQ);
rule(KEY, Opcode.GetK, Opcode.GetKQ);
rule(Extras.Store | KEY | VALUE_ALLOWED, Opcode.Set, Opcode.SetQ);
rule(Extras.Store | KEY | VALUE_ALLOWED, Opcode.Add, Opcode.AddQ);
rule(Extras.Store | KEY | VALUE_ALLOWED, Opcode.Replace, Opcode.ReplaceQ);
rule(KEY, Opcode.Delete, Opcode.DeleteQ);
rule(Extras.Counter | KEY, Opcode.Increment, Opcode.IncrementQ);
rule(Extras.Counter | KEY, Opcode.Decrement, Opcode.DecrementQ);
rule(0, Opcode.Quit, Opcode.QuitQ);
rule(Extras.Flush, Opcode.Flush, Opcode.FlushQ);
rule(0, Opcode.Noop);
rule(0, Opcode.Version);
rule(KEY | VALUE_ALLOWED, Opcode.Append, Opcode.AppendQ);
rule(KEY | VALUE_ALLOWED, Opcode.Prepend, Opcode.PrependQ);
rule(KEY_ALLOWED, Opcode.Stat);
rule(Extras.Level, Opcode.Verbosity);
rule(Extras.Exptime | KEY, Opcode.Touch);
rule(Extras.Exptime | KEY, Opcode.Gat, Opcode.GatQ);
rule(Extras.Exptime | KEY, Opcode.GatK, Opcode.GatKQ);
rule(0, Opcode.SaslList);
rule(KEY | VALUE_ALLOWED, Opcode.SaslAuth);
rule(KEY | VALUE_ALLOWED, Opcode.SaslStep);

/** What the extras of a request are: one of {@link Extras}. */
export function extrasOf(opcode: number): number {
  return RULES[opcode]! & EXTRAS;
}

/** Whether an opcode is one of the quiet ones. */
export function isQuiet(opcode: number): boolean {
  return (RULES[opcode]! & QUIET) !== 0;
}

/** The opcode that does the same and is not quiet: Get for GetQ, and for Get. */
export function loudOpcode(opcode: number): number {
  return LOUD[opcode]!;
}

/** The opcode that does the same and is quiet, if there is one: GetQ for Get, and for GetQ. */
export function quietOpcode(opcode: number): number {
  return QUIETER[opcode]!;
}

/** Whether the answer to a hit, or miss, has the key in it: GetK, GatK and their quiet kinds. */
export function hasKeyInAnswer(opcode: number): boolean {
  const loud = LOUD[opcode];
  return loud === Opcode.GetK || loud === Opcode.GatK;
}

const GETS: ReadonlySet<number> = new Set([Opcode.Get, Opcode.GetK, Opcode.Gat, Opcode.GatK]);

/**
 * Whether a request with this opcode gets no answer when this is its status (proto_bin.c, `dispatch_bin_command`). Quiet mutations say
 * nothing of success, and quiet gets nothing of a miss; hits and all other errors are answered.
 */
export function isSilent(opcode: number, status: number): boolean {
  if (!isQuiet(opcode)) return false;
  return status === (GETS.has(LOUD[opcode]!) ? Status.KeyNotFound : Status.Success);
}
