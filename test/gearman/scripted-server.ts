import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

import { afterwards } from './scene.ts';

/** Bytes in front of the body of a packet. */
const HEADER = 12;

/** What it does with a line: the bytes of its answer; undefined when it says no more to anybody on this connection. */
export type Script = (line: string, connection: number, socket: Socket) => string | undefined;

/** A server that answers lines as it is told, and echoes, until the end of the test. */
export interface Scripted {
  readonly port: number;
  /** Each line that came, and how it ended. */
  readonly lines: string[];
  readonly sockets: Socket[];
}

export async function scripted(script: Script): Promise<Scripted> {
  const lines: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket);
    const write = answering((line) => {
      lines.push(line);
      return script(line.replace(/\r?\n$/, ''), connection, socket);
    });
    socket.on('data', (chunk: Buffer) => {
      const answer = write(chunk);
      if (answer.length > 0) socket.write(answer);
    });
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => server.close());
  return { port: (server.address() as { port: number }).port, lines, sockets };
}

/** Takes what comes, and returns what is answered: `script` does lines, their ends included, and packets are echoed. */
export function answering(script: (line: string) => string | undefined): (chunk: Buffer) => Buffer {
  let input = Buffer.alloc(0);
  let mute = false;
  return (chunk) => {
    input = Buffer.concat([input, chunk]);
    const answers: Buffer[] = [];
    for (;;) {
      const packet = input[0] === 0;
      const end = packet ? (input.length < HEADER ? 0 : HEADER + input.readUInt32BE(8)) : input.indexOf('\n') + 1;
      if (end === 0 || end > input.length) return Buffer.concat(answers);
      const message = input.subarray(0, end);
      input = input.subarray(end);
      if (packet && !mute) {
        const echo = Buffer.from(message);
        echo.write('RES', 1, 'latin1');
        echo.writeUInt32BE(17, 4);
        answers.push(echo);
      } else if (!packet) {
        const answer = script(message.toString('latin1'));
        mute ||= answer === undefined;
        if (!mute) answers.push(Buffer.from(answer!, 'latin1'));
      }
    }
  };
}
