/*
 * STARTTLS: a conversation that begins in plaintext and goes on encrypted, on the same connection. The protocol is a small one in the
 * manner of SMTP.
 *
 *   request      reply
 *   HELLO        OK, and STARTTLS as long as it can be had
 *   STARTTLS     GO AHEAD; what follows is TLS
 *   LOGIN <who>  OK, but in plaintext ERROR
 *
 *   node examples/dist/starttls.js
 */
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, Server } from '@wirewright/core';

import { certificateFor } from './certificate.ts';
import { run } from './run.ts';

await run(async () => {
  // Made once: each connection that gets this very object shares what is made of it.
  const identity = await certificateFor('localhost');

  await using server = new Server({ codec: line() })
    .onRead((connection, request) => {
      const encrypted = connection.tls !== undefined;
      if (request === 'STARTTLS' && !encrypted) {
        // In the same turn: nothing that comes after this line may be taken for plaintext.
        connection.send('GO AHEAD');
        return connection.startTls(identity);
      }
      if (request === 'HELLO') connection.send(encrypted ? 'OK' : 'OK STARTTLS');
      else if (request.startsWith('LOGIN ')) connection.send(encrypted ? 'OK' : 'ERROR not in plaintext');
      else connection.send('ERROR what?');
      return undefined;
    })
    .onError((connection, error) => console.log(`${connection.name} failed: ${error.message}`));
  await server.listen({ port: 0 });
  const port = server.port!;

  await using client = new Client({ codec: line() });
  const connection = await client.connect({ port });
  const exchange = new Exchange(connection);
  const ask = async (request: string): Promise<void> => {
    const how = connection.tls === undefined ? 'plaintext' : connection.tls.getProtocol();
    console.log(`${how}: ${request} -> ${await exchange.request(request, (reply) => reply)}`);
  };

  await ask('HELLO');
  await ask('LOGIN alice');
  await ask('STARTTLS');
  await connection.startTls({ ca: identity.cert });
  await ask('HELLO');
  await ask('LOGIN alice');

  // Somebody on the way who puts a line behind STARTTLS, in the hope that it is taken for one of the encrypted conversation.
  const injected = connect({ port }, () => injected.write('STARTTLS\nLOGIN mallory\n'));
  let heard = '';
  injected.on('data', (chunk) => (heard += String(chunk)));
  await new Promise((resolve) => injected.on('close', resolve));
  console.log(`the injected line was not answered: ${JSON.stringify(heard)}`);
});
