import { generate } from 'selfsigned';

/** A key and a certificate for `name`, in PEM, made on the spot: good for an example. A service has one that its clients trust. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** @param name a DNS name of the server, or what a client is called */
export async function certificateFor(name: string): Promise<Identity> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { key, cert };
}
