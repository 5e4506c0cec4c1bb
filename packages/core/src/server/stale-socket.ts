import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * Removes the unix socket at `path` if nobody listens on it any more: a process that was killed leaves it behind, and nobody could
 * listen there again. Resolves with whether it did. Whatever else lies there stays.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    const stale = lstatSync(path);
    if (!stale.isSocket() || !(await isRefused(path))) return false;
    // Whoever found it stale at the same time may have put another in its place.
    const now = lstatSync(path);
    if (now.ino !== stale.ino || now.ctimeMs !== stale.ctimeMs) return false;
    unlinkSync(path);
    return true;
  } catch {
    // Somebody was quicker, or may do what this user may not.
    return false;
  }
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
