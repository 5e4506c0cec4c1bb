import { quasizeroServer, Response } from '@wirewright/codec-quasizero';
import { ByteReader, ByteWriter, decodeNext, encodeInto } from '@wirewright/core/codec';

import { listenNet } from './listen-net.ts';

/** One for all connections, as long as each write is over when it returns. */
const writer = new ByteWriter();

/** What somebody would write for this one command: the codec, a loop and one write per read; no limits, no deadlines. */
export function start(port: number): Promise<void> {
  return listenNet(port, (socket) => {
    const codec = quasizeroServer()();
    const reader = new ByteReader();
    reader.maxFrameLength = codec.maxFrameLength!;
    socket.on('data', (chunk) => {
      reader.push(chunk);
      for (;;) {
        const request = decodeNext(codec, reader);
        if (request === undefined) break;
        const response = new Response();
        if (request.code === 2) response.set(request.payload);
        else response.setError(`unknown command code ${request.code}`);
        encodeInto(codec, response, writer);
      }
      const batch = writer.take();
      for (const bytes of Array.isArray(batch.segments) ? batch.segments : [batch.segments]) {
        if (bytes.length > 0) socket.write(bytes);
      }
      writer.giveBack(batch, socket.writableLength === 0);
    });
    socket.on('error', () => socket.destroy());
  });
}
