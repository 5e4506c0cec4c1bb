/** Where the playground listens: whoever is on this machine may play, and nobody else. */
export const LOOPBACK = '127.0.0.1';
