/*
 * An encrypted echo: the server shows its certificate, and asks its clients for theirs.
 *
 *   node examples/dist/tls-echo.js
 *
 * With --port it serves on, for `openssl s_client -connect localhost:9993 -alpn echo/1`, say; then it asks for no certificate.
 *
 *   node examples/dist/tls-echo.js --port 9993
 */
import { parseArgs } from 'node:util';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, Server, type TlsClientOptions } from '@wirewright/core';

import { certificateFor } from './certificate.ts';
import { run } from './run.ts';

await run(async () => {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const serving = values.port !== undefined;
  const ours = await certificateFor('localhost');
  const alice = await certificateFor('alice');

  const server = new Server({ codec: line() })
    .onRead((connection, text) => {
      const client = connection.tls?.getPeerCertificate().subject;
      connection.send(client === undefined ? text : `${String(client.CN)} said ${text}`);
    })
    // Whoever does not get through the handshake is none of the other hooks' business.
    .onRefuse(({ error }) => console.log(`refused: ${error.message}`));
  await server.listen({
    port: Number(values.port ?? 0),
    // What `tls.createServer()` of Node takes.
    tls: { ...ours, ca: alice.cert, requestCert: !serving, ALPNProtocols: ['echo/1'] },
  });
  if (serving) {
    server.closeOnSignals();
    console.log(`listening on port ${server.port}, with TLS`);
    return;
  }

  const client = new Client({ codec: line() });
  const connect = (tls: TlsClientOptions): Promise<unknown> => client.connect({ port: server.port!, tls });

  // Each side trusts the certificate of the other: no authority has signed them.
  await connect({ ca: ours.cert, ...alice, ALPNProtocols: ['echo/1'] });
  const connection = client.current!;
  console.log(`connected by ${connection.tls?.getProtocol()}, for ${String(connection.tls?.alpnProtocol)}`);
  console.log(await new Exchange(connection).request('hello', (text) => text));

  // A client that does not know the server.
  await connect({ ...alice }).catch((error: Error) => console.log(`not connected: ${error.message}`));
  // One that expected another.
  await connect({ ca: ours.cert, ...alice, servername: 'bank.example' }).catch((error: Error) =>
    console.log(`not connected: ${error.message}`),
  );

  await client.close();
  await server.close();
});
