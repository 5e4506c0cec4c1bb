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
    // An empty file has no id, and 0 and less are groups of processes.
    if (!(pid > 0)) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
