// An echo server in want of file descriptors, for the tests of accepting; runs on what was built. It says how it is doing ten times a
// second, and frees a descriptor on SIGUSR2. It writes with writeSync, as a stream would change what is tested.
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { devNull } from 'node:os';

import { line } from '../../../packages/codec-line/dist/index.js';
import { Server } from '../../../packages/core/dist/index.js';

// Loading the modules takes more descriptors at a time than the server is to have: 64 of 256 are left for it.
for (let i = 0; i < 192; i++) openSync(devNull);

const files = [];
const useUp = () => {
  try {
    for (;;) files.push(openSync(devNull));
  } catch {
    // There are none left.
  }
};
process.on('SIGUSR2', () => closeSync(files.pop()));

const server = new Server({ codec: line() }).onRead((connection, text) => connection.send(text));
const inherited = createServer();
switch (process.argv[2]) {
  case 'with its reserves':
    await server.listen({ port: 0, host: '127.0.0.1' });
    break;
  // Node takes its reserve when it makes its first stream: the listener, for which there is no descriptor then.
  case 'without the reserve of Node':
    server.serve(inherited);
    useUp();
    inherited.listen({ fd: 3 });
    break;
  case 'without any reserve':
    useUp();
    server.serve(inherited);
    inherited.listen({ fd: 3 });
    break;
}

const report = () => {
  const { user, system } = process.cpuUsage();
  const { accepted, refused, open } = server.counters;
  const now = { port: server.port, time: performance.now(), cpu: (user + system) / 1000, accepted, refused, open };
  writeSync(1, `${JSON.stringify(now)}\n`);
};
setInterval(report, 100);
