import { isIP } from 'node:net';

import { generate } from 'selfsigned';

/** A key and its certificate, in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

const DAY = 86_400_000;

/** An authority of its own, that signs what {@link issue} is asked for. */
export function authority(name: string = 'test authority'): Promise<Identity> {
  return make(name, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
}

/**
 * A certificate for `names`, DNS names or IP addresses, from yesterday on.
 *
 * @param by who signs it; without, it is signed by itself
 * @param days how long it is valid; 0: until an hour ago
 */
export function issue(names: readonly string[], by?: Identity, days: number = 30): Promise<Identity> {
  const altNames = names.map((name) =>
    isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const),
  );
  return make(names[0]!, [{ name: 'subjectAltName', altNames }], by, days);
}

async function make(
  name: string,
  extensions: NonNullable<Parameters<typeof generate>[1]>['extensions'],
  by?: Identity,
  days: number = 30,
): Promise<Identity> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + (days === 0 ? -DAY / 24 : days * DAY)),
    ...(extensions === undefined ? {} : { extensions }),
    ...(by === undefined ? {} : { ca: by }),
  });
  return { key, cert };
}
