// Loaded in front of a program of the docs: whatever port it listens on, it gets a free one, and what it dials is where that is.
// DOCS_PEERS has more ports, as JSON: those of the docs, and which of this machine they lead to, whatever the host. Whoever has
// started the program reads a line on descriptor 3 when it listens or is connected, and when it handles SIGTERM.
import cluster from 'node:cluster';
import { writeSync } from 'node:fs';
import { Server, Socket } from 'node:net';

const peers = new Map(Object.entries(JSON.parse(process.env.DOCS_PEERS)));
const own = new Map();

// In a worker of a cluster, 3 is something else: its primary speaks for it.
const report = cluster.isPrimary ? (line) => writeSync(3, `${line}\n`) : () => {};

process.on('newListener', (name) => {
  // It is there once this turn is over.
  if (name === 'SIGTERM') setImmediate(() => report('handles SIGTERM'));
});

const listen = Server.prototype.listen;
Server.prototype.listen = function (place, ...rest) {
  if (!(place?.port > 0))
    return listen.call(
      this.once('listening', () => report('is there')),
      place,
      ...rest,
    );
  this.once('listening', () => {
    own.set(String(place.port), this.address().port);
    report('is there');
  });
  return listen.call(this, { ...place, port: 0 }, ...rest);
};

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  // Node's own functions pass their arguments on as an array that they know again by a symbol.
  const place = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = String(place?.port);
  if (own.has(port)) place.port = own.get(port);
  else if (peers.has(port)) Object.assign(place, { port: peers.get(port), host: '127.0.0.1' });
  this.once('connect', () => report('is there'));
  return connect.apply(this, args);
};
