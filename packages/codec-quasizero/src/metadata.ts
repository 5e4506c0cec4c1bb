import type { Buffer } from 'node:buffer';

import { type ByteView, type ByteWriter, readLatin1, readUtf8, utf8Length } from '@wirewright/core/codec';

import { FieldReader } from './field-reader.ts';
import { Tag } from './tags.ts';
import { varintLength } from './varint-length.ts';

/** Texts by name that go with a payload: a Map, in which any name is possible, or an object. */
export type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** Up to this many bytes all texts are made as one: each of them may keep that one alive. */
const MAX_JOINED = 1024;

/** For entries that were read before, and are gone through again to make texts of them. */
const fields = new FieldReader();

/** The entries in a range of a message that was read before. Of a key that is there twice the last value counts. */
export function readEntries(range: ByteView, ascii: boolean): Map<string, string> {
  const entries = new Map<string, string>();
  const source = range.source as Buffer;
  const { start, end } = range;
  // To make one text of all and cut the others out of it takes half as long as to make each of bytes.
  const joined = ascii && range.length <= MAX_JOINED ? readLatin1(source, start, end) : undefined;
  fields.begin(source, start, end, true);
  for (let tag = fields.tag(); tag !== 0; tag = fields.tag()) {
    if (tag === Tag.Metadata) {
      fields.entry();
      const { keyStart, keyEnd, valueStart, valueEnd } = fields;
      if (joined === undefined) {
        entries.set(readUtf8(source, keyStart, keyEnd), readUtf8(source, valueStart, valueEnd));
      } else {
        entries.set(
          joined.substring(keyStart - start, keyEnd - start),
          joined.substring(valueStart - start, valueEnd - start),
        );
      }
    } else {
      fields.skip();
    }
  }
  return entries;
}

/** Entries to write, as they are gone through. */
export type Entries = Iterable<readonly [key: string, value: string]>;

export function entriesOf(metadata: Metadata): Entries {
  if (metadata instanceof Map) return metadata;
  if (Symbol.iterator in metadata) throw new TypeError('metadata is a Map or a plain object of texts');
  return Object.entries(metadata);
}

/** Lengths of the texts that {@link entriesLength} has gone through, for {@link writeEntries}: to count them again would take as long. */
const lengths: number[] = [];

/** A message of very many entries must not leave them behind. */
const MAX_KEPT = 1024;

/** How many bytes {@link writeEntries} will write; to be called before it. */
export function entriesLength(entries: Entries): number {
  // Whoever counted last may have failed before it wrote.
  if (lengths.length > MAX_KEPT) lengths.length = 0;
  let count = 0;
  let sum = 0;
  for (const [key, value] of entries) {
    const keyLength = utf8Length(key);
    const valueLength = utf8Length(value);
    lengths[count++] = keyLength;
    lengths[count++] = valueLength;
    const length = entryLength(keyLength, valueLength);
    sum += 1 + varintLength(length) + length;
  }
  return sum;
}

/** Writes entries as the original does: key and value always, even when they are empty. */
export function writeEntries(output: ByteWriter, entries: Entries): void {
  let count = 0;
  for (const [key, value] of entries) {
    const keyLength = lengths[count++]!;
    const valueLength = lengths[count++]!;
    output.u8(Tag.Metadata);
    output.varint(entryLength(keyLength, valueLength));
    output.u8(Tag.Key);
    output.varint(keyLength);
    output.utf8(key);
    output.u8(Tag.Value);
    output.varint(valueLength);
    output.utf8(value);
  }
  if (count > MAX_KEPT) lengths.length = 0;
}

function entryLength(keyLength: number, valueLength: number): number {
  return 2 + varintLength(keyLength) + keyLength + varintLength(valueLength) + valueLength;
}
