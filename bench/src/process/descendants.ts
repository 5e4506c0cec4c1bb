import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const hasProc = existsSync(`/proc/self/task/${process.pid}/children`);

/** The processes that a process has started and that are there, theirs included: the workers of a cluster. */
export function descendantsOf(pid: number): number[] {
  return hasProc ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  const children = readdirSync(tasks).flatMap((task) => numbersIn(readFileSync(`${tasks}/${task}/children`, 'latin1')));
  return children.concat(children.flatMap(fromProc));
}

function fromPs(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = stdout.split('\n').map(numbersIn);
  return below(pid);

  function below(parent: number): number[] {
    const children = processes.flatMap(([child, its]) => (child !== undefined && its === parent ? [child] : []));
    return children.concat(children.flatMap(below));
  }
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
