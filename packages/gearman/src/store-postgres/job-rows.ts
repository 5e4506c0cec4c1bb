import type { StoredJob, StoredPriority } from '../store/job-store.ts';
import { bigintArray, bytesArray, doubleArray, textArray } from './array-parameters.ts';

/** The columns of a job beside its server, and what the parameter is that has one of them for many jobs. */
const COLUMNS: readonly (readonly [name: string, type: string, parameter: (jobs: readonly StoredJob[]) => Buffer])[] = [
  ['id', 'bigint', (jobs) => bigintArray(jobs.map(({ id }) => id))],
  ['handle', 'text', (jobs) => textArray(jobs.map(({ handle }) => handle))],
  ['function', 'bytea', (jobs) => bytesArray(jobs.map((job) => job.function))],
  ['unique_key', 'bytea', (jobs) => bytesArray(jobs.map(({ unique }) => unique))],
  ['payload', 'bytea', (jobs) => bytesArray(jobs.map(({ payload }) => payload))],
  ['priority', 'bigint', (jobs) => bigintArray(jobs.map(({ priority }) => priority))],
  ['run_at', 'double precision', (jobs) => doubleArray(jobs.map(({ when }) => when))],
  ['reducer', 'bytea', (jobs) => bytesArray(jobs.map(({ reducer }) => reducer))],
  ['attempts', 'bigint', (jobs) => bigintArray(jobs.map(({ attempts }) => attempts))],
  ['schedule', 'text', (jobs) => textArray(jobs.map(({ schedule }) => schedule))],
];

const names = COLUMNS.map(([name]) => name);

/** The columns, as a SELECT and an INSERT list them. */
export const JOB_COLUMNS: string = names.join(', ');

/** What an INSERT does with a job that is there already. */
export const JOB_UPDATES: string = names
  .filter((name) => name !== 'id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');

/** What {@link jobParameters} are called in a statement, the first of them `$<first>`. */
export function jobPlaces(first: number): string {
  return COLUMNS.map(([, type], index) => `$${first + index}::${type}[]`).join(', ');
}

/** Jobs as parameters: an array for each column. */
export function jobParameters(jobs: readonly StoredJob[]): Buffer[] {
  return COLUMNS.map(([, , parameter]) => parameter(jobs));
}

/** A row of {@link JOB_COLUMNS}. What is a `bigint` comes as text. */
export interface JobRow {
  readonly id: string;
  readonly handle: string;
  readonly function: Buffer;
  readonly unique_key: Buffer;
  readonly payload: Buffer;
  readonly priority: string;
  readonly run_at: number;
  readonly reducer: Buffer | null;
  readonly attempts: string;
  readonly schedule: string;
}

export function jobOf(row: JobRow): StoredJob {
  return {
    id: Number(row.id),
    handle: row.handle,
    function: row.function,
    unique: row.unique_key,
    payload: row.payload,
    priority: Number(row.priority) as StoredPriority,
    when: row.run_at,
    reducer: row.reducer ?? undefined,
    attempts: Number(row.attempts),
    schedule: row.schedule,
  };
}
