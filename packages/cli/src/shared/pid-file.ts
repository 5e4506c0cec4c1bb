import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes the process id to a file, and has it removed when the process ends. Returns the id of another process that runs, which the file had.
 *
 * @throws {Error} it cannot be written
 */
export function writePidFile(path: string): number | undefined {
  const owner = ownerOf(path);
  writeFileSync(path, `${process.pid}\n`);
  process.on('exit', () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  });
  return owner;
}

/** The process that a file names, if it runs. */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
