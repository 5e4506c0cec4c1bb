import { listenNet } from './listen-net.ts';

/** Echoes chunks without looking at them: what `node:net` itself can do. */
export function start(port: number): Promise<void> {
  return listenNet(port, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
}
