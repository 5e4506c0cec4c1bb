import { type ByteReader, ByteView } from '@wirewright/core/codec';

import { FieldReader, WireType } from './field-reader.ts';
import type { Request } from './request.ts';
import type { Response } from './response.ts';
import { Tag } from './tags.ts';

/** One for all messages: they are read one at a time. */
const fields = new FieldReader();

/**
 * Takes the `length` bytes of a frame off the input and reads all fields in them into a message, or refuses it as the Go original does. Unknown fields, and known ones with another wire
 * type than they should have, are skipped; of what is there twice the last counts.
 *
 * @throws {ProtocolError} it is no message
 */
export function readMessage(message: Request | Response, input: ByteReader, length: number): void {
  const { source, offset } = input;
  input.skip(length);
  let first = -1;
  let last = -1;
  fields.begin(source, offset, offset + length, false);
  for (let start = fields.at, tag = fields.tag(); tag !== 0; start = fields.at, tag = fields.tag()) {
    if (tag === Tag.Payload) {
      const end = fields.bytesEnd();
      message.body = new ByteView(source, fields.at, end);
      fields.at = end;
    } else if (tag === Tag.Metadata) {
      fields.entry();
      if (first < 0) first = start;
      last = fields.at;
    } else if (!message.readFirst(tag, fields)) {
      skip(tag);
    }
  }
  if (first >= 0) message.receive(new ByteView(source, first, last), fields.ascii);
}

function skip(tag: number): void {
  // The original skips the other fields when they are written in another way, and refuses this one.
  if (tag >= 2 << 3 && tag < 3 << 3) {
    fields.refuse(`metadata is written with wire type ${WireType.Bytes}, not ${fields.wireType}`);
  }
  fields.skip();
}
