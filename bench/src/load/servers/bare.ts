import { listenNet } from './listen-net.ts';

/** Echoes chunks without looking at them: what `node:net` itself can do. Returns the port. */
export function start(): Promise<number> {
  return listenNet((socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
}
