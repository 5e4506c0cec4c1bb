import { constants } from 'node:os';

const undos = new Set<() => void>();

/**
 * Has something undone when this process ends, by itself or by a signal: whoever interrupts a run finds nothing left of it.
 *
 * @returns what undoes it now
 */
export function undoAtExit(undo: () => void): () => void {
  listen();
  const once = (): void => {
    if (undos.delete(once)) undo();
  };
  undos.add(once);
  return once;
}

let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  process.on('exit', () => {
    for (const undo of undos) undo();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
