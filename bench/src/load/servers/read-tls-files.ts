import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The key and the certificate in `folder`, as makeCertificate() has put them there. */
export function readTlsFiles(folder: string): { readonly key: Buffer; readonly cert: Buffer } {
  return { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
}
