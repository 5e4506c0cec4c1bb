/*
 * A chat room whose whole conversation with a guest stands in one loop: `for await` over the lines of the connection.
 *
 *   node examples/dist/chat-loop.js
 */
import { line } from '@wirewright/codec-line';
import { Client, type Connection, Server } from '@wirewright/core';

import { run } from './run.ts';

// ---------------------------------------------------------------- the room

const guests = new Map<string, Connection<string>>();

function tell(text: string): void {
  for (const guest of guests.values()) guest.send(text);
}

/** The conversation with one guest, from top to bottom. What it awaits holds nobody but that guest. */
async function converse(connection: Connection<string>): Promise<void> {
  const lines = connection[Symbol.asyncIterator]();
  connection.send('What is your name?');
  const { value: name } = await lines.next();
  if (name === undefined) return;
  if (guests.has(name)) {
    connection.send(`${name} is here already.`);
    await connection.close();
    return;
  }

  guests.set(name, connection);
  tell(`* ${name} comes in`);
  try {
    // It ends with the guest's last line; what breaks the connection is thrown here. Leaving the loop closes the connection.
    for await (const text of lines) {
      if (text === '/bye') break;
      if (text === '/who') connection.send(`Here are ${[...guests.keys()].join(' and ')}.`);
      else tell(`${name}: ${text}`);
    }
  } finally {
    guests.delete(name);
    tell(`* ${name} leaves`);
  }
}

// ---------------------------------------------------------------- two guests

/** A guest that prints what it hears. */
class Guest {
  readonly #name: string;
  readonly #connection: Connection<string>;
  readonly #lines: AsyncIterableIterator<string, undefined>;

  constructor(name: string, connection: Connection<string>) {
    this.#name = name;
    this.#connection = connection;
    this.#lines = connection[Symbol.asyncIterator]();
  }

  say(text: string): void {
    this.#connection.send(text);
  }

  /** Waits for the next line, and prints it. */
  async hear(): Promise<void> {
    const { value } = await this.#lines.next();
    console.log(`${this.#name} hears: ${value ?? '(the end)'}`);
  }
}

await run(async () => {
  await using server = new Server<string>({ codec: line() }).onConnect(converse);
  const { port } = await server.listen({ port: 0, host: 'localhost' });
  await using client = new Client<string>({ codec: line() });

  const enter = async (name: string): Promise<Guest> => {
    const guest = new Guest(name, await client.connect({ port: port! }));
    await guest.hear();
    guest.say(name);
    await guest.hear();
    return guest;
  };

  const ada = await enter('Ada');
  const bob = await enter('Bob');
  await ada.hear();

  ada.say('Hello, Bob!');
  await bob.hear();
  await ada.hear();

  bob.say('/who');
  await bob.hear();
  bob.say('/bye');
  await bob.hear();
  await ada.hear();
  ada.say('/bye');
  await ada.hear();
});
