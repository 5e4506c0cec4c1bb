import { closeSync, openSync, readSync } from 'node:fs';

/** Whether a program begins as scripts do. */
export function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === '#!';
}
