import { Server } from '@wirewright/core';
import { lengthPrefixed } from '@wirewright/core/codec';

/** The longest frame that is echoed. */
const MAX_FRAME_LENGTH = 16 * 1024 * 1024;

/** Wirewright's echo of frames behind their length in 4 bytes, big-endian, as views of what was read. */
export async function start(port: number): Promise<void> {
  const codec = lengthPrefixed({ as: 'view', maxFrameLength: MAX_FRAME_LENGTH });
  const server = new Server({ codec }).onRead((connection, frame) => connection.send(frame));
  await server.listen({ port, host: '127.0.0.1' });
}
