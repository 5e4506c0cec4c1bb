export type ServerName = 'ours' | 'gearmand' | 'perl';
export type ClientName = 'ours' | 'perl' | 'php' | 'tool';
export type WorkerName = 'ours' | 'perl' | 'php' | 'tool';

/** A client and a worker that meet at a server. */
export interface Cell {
  readonly server: ServerName;
  readonly client: ClientName;
  readonly worker: WorkerName;
}

/** What parts may be unable to do; `work` is to be of any use at all. */
export type Ability =
  | 'work'
  | 'empty payloads'
  | 'empty results'
  | 'large payloads'
  | 'low priority'
  | 'priorities in the background'
  | 'jobs that outlive their workers'
  | 'data'
  | 'data that are passed on'
  | 'warnings'
  | 'statuses'
  | 'exceptions'
  | 'many at once'
  | 'errors of the server';

interface Limit extends Partial<Cell> {
  readonly cannot: readonly Ability[];
  readonly why: string;
}

/** What Debian's parts cannot do, and why: the one table of it. All else is tried, in each cell. */
export const LIMITS: readonly Limit[] = [
  {
    server: 'perl',
    cannot: ['data that are passed on', 'low priority', 'priorities in the background'],
    why: 'it has no WORK_DATA, WORK_WARNING, SUBMIT_JOB_LOW, _LOW_BG and _HIGH_BG: each is answered with ERROR server_error',
  },
  {
    server: 'perl',
    cannot: ['jobs that outlive their workers'],
    why: 'they fail when the connection of the worker is lost',
  },
  {
    server: 'perl',
    worker: 'php',
    cannot: ['work'],
    why: 'libgearman asks for jobs with GRAB_JOB_ALL, which the server answers with ERROR, again and again',
  },
  { server: 'perl', worker: 'tool', cannot: ['work'], why: 'as for PHP: it is libgearman as well' },
  {
    worker: 'tool',
    cannot: ['data', 'warnings', 'statuses', 'exceptions'],
    why: 'it has no way to send them, but -n for data, which repeats with each line those before it',
  },
  {
    client: 'tool',
    cannot: ['exceptions'],
    why: 'it does not ask for them; and what gearmand sends instead, a failure with a NUL behind the handle, it does not know',
  },
  {
    server: 'perl',
    worker: 'perl',
    cannot: ['data', 'warnings'],
    why: 'the worker ends because of the errors, in the middle of what it has to say; the result may be lost with it',
  },
  { client: 'tool', cannot: ['many at once'], why: 'it would be a process for each' },
  { client: 'tool', cannot: ['errors of the server'], why: 'it prints them, and ends with 0' },
  { client: 'php', cannot: ['empty payloads'], why: 'libgearman takes them for a missing argument' },
  {
    worker: 'perl',
    cannot: ['empty results'],
    why: 'a result that is false is sent without the NUL behind the handle, for which gearmand closes the connection',
  },
  {
    client: 'tool',
    cannot: ['large payloads'],
    why: 'it takes a minute to read 16 MiB, since it copies what it has for each piece; a MiB it can',
  },
  { worker: 'tool', cannot: ['large payloads'], why: 'as the client: it reads what its command says in the same way' },
  { client: 'php', cannot: ['large payloads'], why: 'libgearman takes 10 s to receive 16 MiB, in the same way' },
  { worker: 'php', cannot: ['large payloads'], why: 'as the client' },
];

/** Why a cell cannot do something, if so. */
export function limitOf(cell: Cell, ability: Ability): string | undefined {
  return LIMITS.find(
    ({ server, client, worker, cannot }) =>
      (server ?? cell.server) === cell.server &&
      (client ?? cell.client) === cell.client &&
      (worker ?? cell.worker) === cell.worker &&
      (cannot.includes(ability) || cannot.includes('work')),
  )?.why;
}
