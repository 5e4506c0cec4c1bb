import { createHash } from 'node:crypto';

/**
 * What makes jobs of a function the same: the unique, each byte as one character; for the unique `-` the payload. Undefined for a job that is the
 * same as none: without a unique, or of an empty payload (gearmand, `gearman_server_job_add`).
 *
 * @param payload asked for only when it counts
 */
export function jobKey(unique: string, payload: () => Uint8Array): string | undefined {
  if (unique === '') return undefined;
  if (unique !== '-') return unique;
  const bytes = payload();
  // No unique has a NUL.
  return bytes.length === 0 ? undefined : `-\0${createHash('sha256').update(bytes).digest('base64')}`;
}
