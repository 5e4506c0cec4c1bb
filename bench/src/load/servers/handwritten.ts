import { listenNet } from './listen-net.ts';

/** The line server that people write by hand: a string buffer, `split`, one write per line. Returns the port. */
export function start(): Promise<number> {
  return listenNet((socket) => {
    let buffer = '';
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      const lines = buffer.split('\n');
      buffer = lines.pop() ?? '';
      for (const line of lines) socket.write(`${line}\n`);
    });
    socket.on('error', () => socket.destroy());
  });
}
