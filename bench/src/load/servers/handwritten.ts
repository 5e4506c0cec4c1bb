import { listenNet } from './listen-net.ts';

/** The line server that people write by hand: a string buffer, `split`, one write per line. */
export function start(port: number): Promise<void> {
  return listenNet(port, (socket) => {
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
