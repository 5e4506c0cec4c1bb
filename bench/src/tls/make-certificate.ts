import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { UsageError } from '../usage-error.ts';

/** A folder with `key.pem` and `cert.pem`, for one run; disposing of it removes it. */
export interface CertificateFolder extends Disposable {
  readonly path: string;
}

/** Makes a certificate on P-256 that signs itself. Throws UsageError when there is no `openssl` that can. */
export function makeCertificate(): CertificateFolder {
  const path = mkdtempSync(join(tmpdir(), 'wirewright-bench-'));
  const folder = { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  args.push('-subj', '/CN=localhost', '-keyout', join(path, 'key.pem'), '-out', join(path, 'cert.pem'));
  const { error, status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status === 0) return folder;
  folder[Symbol.dispose]();
  const why = error?.message ?? stderr.trim();
  throw new UsageError(`the certificate for the benchmark could not be made; install the openssl command: ${why}`);
}
