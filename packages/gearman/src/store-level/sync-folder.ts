import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Has the names in a folder on disk. Windows knows no such thing, and has them there anyway. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
