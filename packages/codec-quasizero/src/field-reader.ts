import { Buffer, isUtf8 } from 'node:buffer';

import { ProtocolError, readUtf8 } from '@wirewright/core/codec';

import { Tag } from './tags.ts';

/** How the value of a field is written: the low three bits of its tag. */
export const WireType = { Varint: 0, Fixed64: 1, Bytes: 2, StartGroup: 3, EndGroup: 4, Fixed32: 5 } as const;

/** Ten groups of seven bits carry 64. */
const MAX_VARINT = 10;

/** Up to this many bytes a loop is faster than a call into the runtime. */
const SHORT_TEXT = 48;

/** The least tag of a field: there is no number 0. */
const FIRST_TAG = 1 << 3;

const NOTHING = Buffer.alloc(0);

const NO_NUMBER = 'a field has the number 0';
const TRUNCATED = 'a field is longer than the message that it is in';
const TOO_LONG = 'a varint has more than 64 bits';

/**
 * Walks over the fields of a protobuf message where it was received. What it refuses is what the decoder of the Go original refuses
 * (golang/protobuf 1.3.2, table_unmarshal.go); a refusal is a {@link ProtocolError}.
 */
export class FieldReader {
  #source: Buffer = NOTHING;
  #end = 0;
  /** Whether texts need no look: the message was read before. */
  #checked = false;
  /** The next byte that is looked at. */
  at = 0;
  /** How the value of the field is written whose tag was read last. */
  wireType = 0;
  /** Whether all texts that were looked at are ASCII. */
  ascii = true;
  /** Where the texts of the map entry lie that was taken last. */
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  /** Starts at the beginning of a message, the bytes `[start, end)`, or of a range of one that was read before and is `checked`. */
  begin(source: Buffer, start: number, end: number, checked: boolean): void {
    this.#source = source;
    this.at = start;
    this.#end = end;
    this.#checked = checked;
    this.ascii = true;
  }

  /** Refuses the message, and lets go of its bytes. */
  refuse(message: string): never {
    this.#source = NOTHING;
    throw new ProtocolError(message);
  }

  /**
   * Takes a tag; 0, which is none, when no field is left: it lets go of the bytes then, lest a chunk is kept for what was read last. Tags have up to 64 bits, and those above 2^53 are only near their value; that
   * suffices to tell that they are unknown.
   */
  tag(): number {
    const { at } = this;
    if (at >= this.#end) {
      this.#source = NOTHING;
      return 0;
    }
    const first = this.#source[at]!;
    this.wireType = first & 7;
    if (first >= 0x80) return this.#longTag();
    if (first < FIRST_TAG) this.refuse(NO_NUMBER);
    this.at = at + 1;
    return first;
  }

  /** Takes an unsigned integer of up to 64 bits; above 2^53 - 1 it is only near the exact value. */
  varint(): number {
    const { at } = this;
    const first = this.#source[at]!;
    if (first >= 0x80 || at >= this.#end) return this.#longVarint();
    this.at = at + 1;
    return first;
  }

  /** Takes an integer of which the low 32 bits count, as a signed one. */
  int32(): number {
    const { at } = this;
    const first = this.#source[at]!;
    if (first >= 0x80 || at >= this.#end) return this.#longInt32();
    this.at = at + 1;
    return first;
  }

  /** Takes the length of a field of bytes, and returns where they end. They begin at {@link at}. */
  bytesEnd(): number {
    const length = this.varint();
    if (length > this.#end - this.at) this.refuse(TRUNCATED);
    return this.at + length;
  }

  /** Takes a text and returns it. */
  text(): string {
    const end = this.#textEnd();
    const text = readUtf8(this.#source, this.at, end);
    this.at = end;
    return text;
  }

  /** Takes an entry of a map of texts. What is missing in it is empty, and of what is there twice the last counts. */
  entry(): void {
    if (!this.#plainEntry()) this.#anyEntry();
  }

  /**
   * Takes an entry as encoders write it: both texts, in order, each shorter than 128 bytes. Then all in it but the texts is ASCII, too, and
   * one look is enough for both.
   *
   *   | length | 0a | length | key | 12 | length | value |
   */
  #plainEntry(): boolean {
    const source = this.#source;
    const start = this.at + 1;
    const end = start + source[start - 1]!;
    const keyEnd = start + 2 + source[start + 1]!;
    const valueStart = keyEnd + 2;
    const valueLength = source[keyEnd + 1]!;
    if (
      end > this.#end ||
      valueStart + valueLength !== end ||
      valueLength >= 0x80 ||
      source[start] !== Tag.Key ||
      source[keyEnd] !== Tag.Value ||
      end - start >= 0x80 ||
      !(this.#checked || isAscii(source, start, end))
    ) {
      return false;
    }
    this.keyStart = start + 2;
    this.keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = end;
    this.at = end;
    return true;
  }

  #anyEntry(): void {
    const inner = this.bytesEnd();
    const outer = this.#end;
    this.#end = inner;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = this.at;
    for (let tag = this.#innerTag(); tag >= 0; tag = this.#innerTag()) {
      if (tag === Tag.Key) {
        this.keyEnd = this.#textEnd();
        this.keyStart = this.at;
        this.at = this.keyEnd;
      } else if (tag === Tag.Value) {
        this.valueEnd = this.#textEnd();
        this.valueStart = this.at;
        this.at = this.valueEnd;
      } else {
        this.skip();
      }
    }
    this.#end = outer;
  }

  /** Takes the value of an unknown field. */
  skip(): void {
    // Groups are counted, not entered: a message of nothing but their starts must not overflow the stack.
    let depth = 0;
    do {
      if (depth > 0 && this.#innerTag() < 0) this.refuse(TRUNCATED);
      switch (this.wireType) {
        case WireType.Varint:
          this.varint();
          break;
        case WireType.Fixed64:
          this.#skipBytes(8);
          break;
        case WireType.Bytes:
          this.at = this.bytesEnd();
          break;
        case WireType.StartGroup:
          depth++;
          break;
        case WireType.EndGroup:
          if (depth === 0) this.refuse('a group ends that has not begun');
          depth--;
          break;
        case WireType.Fixed32:
          this.#skipBytes(4);
          break;
        default:
          this.refuse(`there is no wire type ${this.wireType}`);
      }
    } while (depth > 0);
  }

  #longTag(): number {
    const tag = this.#longVarint();
    if (tag < FIRST_TAG) this.refuse(NO_NUMBER);
    return tag;
  }

  /** Takes the tag of a field in an entry or group; -1 when none is left. There the original does not mind the number 0. */
  #innerTag(): number {
    if (this.at >= this.#end) return -1;
    this.wireType = this.#source[this.at]! & 7;
    return this.varint();
  }

  #skipBytes(n: number): void {
    if (n > this.#end - this.at) this.refuse(TRUNCATED);
    this.at += n;
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT; i++, scale *= 128) {
      const group = this.#varintGroup(i);
      value += (group & 0x7f) * scale;
      if (group < 0x80) return value;
    }
    return this.refuse(TOO_LONG);
  }

  #longInt32(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT; i++) {
      const group = this.#varintGroup(i);
      if (i < 5) value |= (group & 0x7f) << (7 * i);
      if (group < 0x80) return value;
    }
    return this.refuse(TOO_LONG);
  }

  /** Takes the group of a varint that has `i` before it. */
  #varintGroup(i: number): number {
    if (this.at >= this.#end) this.refuse(TRUNCATED);
    const group = this.#source[this.at++]!;
    if (i === MAX_VARINT - 1 && group > 1) this.refuse(TOO_LONG);
    return group;
  }

  /** Takes the length of a text, and returns where it ends; it has to be utf-8. */
  #textEnd(): number {
    const end = this.bytesEnd();
    const { at } = this;
    if (this.#checked || (end - at <= SHORT_TEXT && isAscii(this.#source, at, end))) return end;
    if (!isUtf8(this.#source.subarray(at, end))) this.refuse('a text is not valid utf-8');
    this.ascii = false;
    return end;
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let i = start;
  for (; i + 8 <= end; i += 8) {
    const half = bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!;
    if ((half | bytes[i + 4]! | bytes[i + 5]! | bytes[i + 6]! | bytes[i + 7]!) >= 0x80) return false;
  }
  for (; i < end; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}
