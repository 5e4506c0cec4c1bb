// Peers by the thousand, of good and of bad manners, for the tests under load: in a process of their own, since both ends of ten
// thousand connections are more file descriptors than one process may have. Does what it is told through its channel. They are bare
// sockets that speak lines, or, to `converse`, frames behind a length of four bytes.
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';

const HOST = '127.0.0.1';

/** Connects peers in batches: no more than that wait to be accepted. */
async function inBatches(count, size, open) {
  const opened = [];
  while (opened.length < count) {
    const batch = Array.from({ length: Math.min(size, count - opened.length) }, (_, i) => open(opened.length + i));
    opened.push(...(await Promise.all(batch)));
  }
  return opened;
}

/** Resolves with the text that answers `request`, a line; rejects when the connection ends first. */
function ask(socket, request) {
  socket.write(`${request}\n`);
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      socket.off('data', onData).off('close', onClose);
      resolve(text.slice(0, -1));
    };
    const onClose = () => reject(new Error(`closed, not answered: ${request}`));
    socket.on('data', onData).on('close', onClose);
  });
}

/** How sockets came to their end. */
class Fates {
  #counts = { ended: 0, broken: 0 };
  #closed = [];

  watch(socket) {
    socket.once('end', () => this.#counts.ended++);
    socket.on('error', () => this.#counts.broken++);
    this.#closed.push(new Promise((resolve) => socket.once('close', resolve)));
    return socket;
  }

  /** Resolves with how many there were of each when all are closed. */
  async all() {
    await Promise.all(this.#closed);
    return this.#counts;
  }
}

/** Peers that send one byte of a line now and then. Every second one keeps its side open, and goes on, when the server has ended. */
async function drip({ port, count, every }) {
  const fates = new Fates();
  await inBatches(count, 100, async (i) => {
    // They read, or they would not see the end.
    const socket = fates.watch(connect({ port, host: HOST, allowHalfOpen: i % 2 === 1 })).resume();
    const send = () => socket.write('x');
    const timer = setInterval(send, every);
    socket.once('connect', send).once('close', () => clearInterval(timer));
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  });
  return await fates.all();
}

/** Peers that ask and ask, and never read an answer. */
async function pour({ port, count, length }) {
  const fates = new Fates();
  const requests = Buffer.from(`${'x'.repeat(length)}\n`.repeat(256));
  for (let i = 0; i < count; i++) {
    const socket = fates.watch(connect({ port, host: HOST })).pause();
    const more = () => {
      while (!socket.destroyed && socket.write(requests));
    };
    socket.on('connect', more).on('drain', more);
  }
  return await fates.all();
}

/** Peers that were served and stay; `leave` and `left` are about them. */
let idlers = [];
let idlersFates = new Fates();

async function settle({ port, count }) {
  idlersFates = new Fates();
  idlers = await inBatches(count, 200, async (i) => {
    const socket = idlersFates.watch(connect({ port, host: HOST }));
    await ask(socket, `idler ${i}`);
    return socket.resume();
  });
  return idlers.length;
}

async function leave({ count }) {
  const leaving = idlers.splice(0, count);
  await inBatches(leaving.length, 500, async (i) => {
    leaving[i].end();
    await once(leaving[i], 'close');
  });
  return leaving.length;
}

/** Waits until the rest of them are gone, too. */
async function left() {
  const counts = await idlersFates.all();
  idlers = [];
  return counts;
}

/** Ways to come and go. Each tells how many bytes the server gets for certain, how many it may get besides, and how many answers. */
const WAYS = {
  async end(socket, i) {
    const request = `asks and ends ${i}`;
    await ask(socket, request);
    socket.end();
    return { bytes: request.length + 1, answers: 1 };
  },
  async reset(socket, i) {
    const request = `asks and resets ${i}`;
    await ask(socket, request);
    socket.resetAndDestroy();
    return { bytes: request.length + 1, answers: 1 };
  },
  async 'end first'(socket, i) {
    const requests = [`asks, ends ${i}`, 'and reads'];
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.end(`${requests.join('\n')}\n`);
    await once(socket, 'end');
    if (text !== `${requests.join('\n')}\n`) throw new Error(`wrong answer: ${text}`);
    return { bytes: text.length, answers: 2 };
  },
  async 'end inside a frame'(socket, i) {
    const part = `half a line, and an end ${i}`;
    socket.end(part);
    return { bytes: part.length, answers: 0 };
  },
  async 'reset inside a frame'(socket, i) {
    const part = `half a line, and a reset ${i}`;
    await new Promise((resolve) => socket.write(part, resolve));
    socket.resetAndDestroy();
    return { bytes: 0, maybe: part.length, answers: 0 };
  },
  async nothing(socket) {
    socket.destroy();
    return { bytes: 0, answers: 0 };
  },
};

/** Peers that come and go, so many at a time, in all ways by turns. */
async function comeAndGo({ port, count, atATime }) {
  const names = Object.keys(WAYS);
  const tally = { bytes: 0, maybe: 0, answers: 0, ways: Object.fromEntries(names.map((name) => [name, 0])) };
  let next = 0;
  const come = async () => {
    while (next < count) {
      const i = next++;
      const name = names[i % names.length];
      const socket = connect({ port, host: HOST, allowHalfOpen: name === 'end first' });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      // What they break off themselves is no news to them.
      socket.on('error', () => {});
      await once(socket, 'connect');
      const { bytes, maybe = 0, answers } = await WAYS[name](socket, i);
      socket.resume();
      await closed;
      tally.bytes += bytes;
      tally.maybe += maybe;
      tally.answers += answers;
      tally.ways[name]++;
    }
  };
  await Promise.all(Array.from({ length: atATime }, come));
  return tally;
}

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

/** Peers that keep so many requests under way each until the server ends. Resolves with a report of each. */
function converse({ port, count, depth, seed }) {
  return Promise.all(
    Array.from({ length: count }, (_, i) => new Talker(port, depth, generator(seed * 1000 + i)).report()),
  );
}

/** Its requests are frames that begin with a number; an echo is expected. It notes all the bytes and judges them in the end. */
class Talker {
  #socket;
  #depth;
  #random;
  #requests = [];
  /** Where each request ends in the stream. */
  #ends = [];
  #received = [];
  #receivedBytes = 0;
  #answered = 0;
  #ended = false;
  #errors = [];
  /** What is left of a write that is sent in pieces. */
  #rest = undefined;

  constructor(port, depth, random) {
    this.#depth = depth;
    this.#random = random;
    this.#socket = connect({ port, host: HOST, allowHalfOpen: true, noDelay: true });
  }

  async report() {
    const socket = this.#socket;
    socket.on('connect', () => this.#topUp());
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => {
      this.#ended = true;
      socket.end();
    });
    socket.on('error', ({ code }) => this.#errors.push(code));
    await new Promise((resolve) => socket.once('close', resolve));
    return this.#judge();
  }

  #take(chunk) {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    while (this.#ends[this.#answered] <= this.#receivedBytes) this.#answered++;
    this.#topUp();
  }

  #topUp() {
    if (this.#rest !== undefined || this.#ended) return;
    const frames = [];
    while (this.#requests.length < this.#answered + this.#depth) frames.push(this.#request());
    if (frames.length === 0) return;
    const bytes = Buffer.concat(frames);
    if (this.#random() < 0.7) {
      this.#socket.write(bytes);
      return;
    }
    const cut = 1 + Math.floor(this.#random() * (bytes.length - 1));
    this.#socket.write(bytes.subarray(0, cut));
    this.#rest = bytes.subarray(cut);
    const later = () => {
      const rest = this.#rest;
      this.#rest = undefined;
      if (this.#ended) return;
      this.#socket.write(rest);
      this.#topUp();
    };
    if (this.#random() < 0.5) setImmediate(later);
    else setTimeout(later, this.#random() * 3);
  }

  #request() {
    const body = 4 + Math.floor(this.#random() ** 4 * 3000);
    const frame = Buffer.alloc(4 + body, this.#requests.length & 0xff);
    frame.writeUInt32BE(body, 0);
    frame.writeUInt32BE(this.#requests.length, 4);
    this.#requests.push(frame);
    this.#ends.push((this.#ends.at(-1) ?? 0) + frame.length);
    return frame;
  }

  #judge() {
    const received = Buffer.concat(this.#received);
    const seen = new Set();
    let answers = 0;
    let at = 0;
    while (at + 8 <= received.length && at + 4 + received.readUInt32BE(at) <= received.length) {
      seen.add(received.readUInt32BE(at + 4));
      answers++;
      at += 4 + received.readUInt32BE(at);
    }
    return {
      sent: this.#requests.length,
      answers,
      doubled: answers - seen.size,
      // Whole frames, and the very bytes of the requests, in order.
      prefix: at === received.length && Buffer.concat(this.#requests.slice(0, answers)).equals(received),
      ended: this.#ended,
      errors: this.#errors,
    };
  }
}

const COMMANDS = { drip, pour, settle, leave, left, comeAndGo, converse };

async function obey({ id, command, options }) {
  try {
    process.send({ id, result: await COMMANDS[command](options) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
}

process.on('message', (message) => void obey(message));
process.on('disconnect', () => process.exit());
