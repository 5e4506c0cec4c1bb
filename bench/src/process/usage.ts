import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { descendantsOf } from './descendants.ts';

/** What a process and those that it has started have used. */
export interface Usage {
  /** CPU time of all of their threads so far, in nanoseconds. */
  readonly cpuNs: number;
  /** Resident memory in bytes; what processes share counts in each of them. */
  readonly rssBytes: number;
}

const hasProc = existsSync('/proc/self/schedstat');

/** What a process and its descendants have used so far: as the kernel of Linux counts it, or elsewhere as `ps` tells, to 10 ms. */
export function usageOf(pid: number): Usage {
  const usages = [pid, ...descendantsOf(pid)].map(hasProc ? fromProc : fromPs);
  return {
    cpuNs: usages.reduce((sum, { cpuNs }) => sum + cpuNs, 0),
    rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}

function fromProc(pid: number): Usage {
  const tasks = `/proc/${pid}/task`;
  const cpuNs = readdirSync(tasks).reduce(
    (sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]),
    0,
  );
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
  return { cpuNs, rssBytes: Number(kilobytes) * 1024 };
}

function fromPs(pid: number): Usage {
  const { stdout } = spawnSync('ps', ['-o', 'time=,rss=', '-p', `${pid}`], { encoding: 'utf8' });
  const [time = '', kilobytes] = stdout.trim().split(/\s+/);
  const seconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuNs: seconds * 1e9, rssBytes: Number(kilobytes) * 1024 };
}
