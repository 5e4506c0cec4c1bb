import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { undoAtExit } from '../process/undo-at-exit.ts';
import type { Missing } from '../report/report.ts';

/** A folder with `key.pem` and `cert.pem`, for one run. */
export interface Certificate {
  readonly folder: string;
  remove(): void;
}

/** Makes a certificate on P-256 that signs itself, with the `openssl` command. */
export function makeCertificate(): Certificate | { readonly missing: Missing } {
  const folder = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
  const remove = undoAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  args.push('-subj', '/CN=localhost', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'));
  const { error, status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status === 0) return { folder, remove };
  remove();
  const why = error === undefined ? `openssl made no certificate: ${stderr.trim()}` : 'the openssl command is missing';
  return { missing: { what: 'everything over TLS', why, install: error && 'apt-get install openssl' } };
}
