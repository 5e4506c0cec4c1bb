/*
 * An array as PostgreSQL takes it in its binary form (src/backend/utils/adt/arrayfuncs.c, array_recv); numbers are big-endian.
 *
 *    0            4            8              12           16
 *   +------------+------------+--------------+------------+-------------+----------+-------+---
 *   | dimensions | has nulls  | element type | length     | first index | length   | bytes | ...
 *   +------------+------------+--------------+------------+-------------+----------+-------+---
 *
 * One without elements has no dimensions, and ends after the type. An element of the length -1 is null.
 */
import { Buffer } from 'node:buffer';

/** The numbers of types, which are the same in every PostgreSQL (src/include/catalog/pg_type.dat). */
const Type = { Bytea: 17, Bigint: 20, Text: 25, Double: 701 } as const;

const EMPTY = 12;
const HEADER = 20;
const HIGH = 2 ** 32;

/** Integers that are safe and not negative, for a parameter of the type `bigint[]`. */
export function bigintArray(values: readonly number[]): Buffer {
  return numberArray(Type.Bigint, values, (array, value, at) => {
    array.writeUInt32BE(Math.floor(value / HIGH), at);
    array.writeUInt32BE(value % HIGH, at + 4);
  });
}

/** For a parameter of the type `double precision[]`. */
export function doubleArray(values: readonly number[]): Buffer {
  return numberArray(Type.Double, values, (array, value, at) => array.writeDoubleBE(value, at));
}

/** For a parameter of the type `text[]`. */
export function textArray(values: readonly string[]): Buffer {
  return variableArray(
    Type.Text,
    values.map((value) => Buffer.from(value)),
  );
}

/** For a parameter of the type `bytea[]`; undefined is null. */
export function bytesArray(values: readonly (Uint8Array | undefined)[]): Buffer {
  return variableArray(Type.Bytea, values);
}

function numberArray(
  type: number,
  values: readonly number[],
  write: (array: Buffer, value: number, at: number) => unknown,
): Buffer {
  const array = begin(type, values.length, 12 * values.length);
  let at = HEADER;
  for (const value of values) {
    array.writeInt32BE(8, at);
    write(array, value, at + 4);
    at += 12;
  }
  return array;
}

function variableArray(type: number, values: readonly (Uint8Array | undefined)[]): Buffer {
  const array = begin(
    type,
    values.length,
    values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 0),
  );
  let at = HEADER;
  for (const value of values) {
    array.writeInt32BE(value?.length ?? -1, at);
    at += 4;
    if (value === undefined) {
      array.writeInt32BE(1, 4);
      continue;
    }
    array.set(value, at);
    at += value.length;
  }
  return array;
}

function begin(type: number, count: number, length: number): Buffer {
  const array = Buffer.allocUnsafe(count === 0 ? EMPTY : HEADER + length);
  array.writeInt32BE(count === 0 ? 0 : 1, 0);
  array.writeInt32BE(0, 4);
  array.writeInt32BE(type, 8);
  if (count === 0) return array;
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}
