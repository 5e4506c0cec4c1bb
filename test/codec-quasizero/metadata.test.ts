import { quasizeroClient, quasizeroServer } from '@wirewright/codec-quasizero';
import { ByteReader, decodeNext, encodeMessage } from '@wirewright/core/codec';
import { expect, test } from 'vitest';

import { quasizero } from '../../bench/generated/protobufjs.js';

// Short entries of ASCII are written in another way than all others: both have to come to what a protobuf library makes of them.
test.each([
  ['ASCII', 'v'],
  ['two bytes a character', '\u00e9'],
  ['NUL and the last of ASCII', '\0\u007f'],
])('metadata of every length, few and many, short and long, is what a protobuf library makes of it: %s', (_, text) => {
  for (let length = 0; length < 140; length++) {
    for (const entries of [1, 2, 4, 5]) {
      const metadata = Object.fromEntries(
        Array.from({ length: entries }, (__, i) => [`k${i}`, text.repeat(length).slice(0, length)]),
      );
      const request = {
        code: [0, 1, 127, 128, 70_000, -1][length % 6]!,
        metadata,
        payload: Buffer.alloc(length * 9, 'p'),
      };
      const frame = encodeMessage(quasizeroClient()(), request);
      const message = quasizero.Request.encode(new quasizero.Request(request)).finish();
      // Behind its length.
      expect(frame.subarray(frame.length - message.length).equals(message)).toBe(true);
      const input = new ByteReader(frame);
      input.maxFrameLength = 1024 * 1024;
      const received = decodeNext(quasizeroServer()(), input)!;
      expect(input.length).toBe(0);
      expect([received.code, Object.fromEntries(received.metadata)]).toEqual([request.code, metadata]);
    }
  }
});
