import { line } from '@wirewright/codec-line';
import { Exchange, sniff } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

/** A promise, and what resolves it. */
function gate(): { readonly open: Promise<void>; readonly pass: () => void } {
  let pass!: () => void;
  const open = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { open, pass };
}

describe('who takes the messages while a hook is pending', () => {
  test('a loop in onConnect gets what came before it began, though the protocol is still to be chosen', async () => {
    const login = gate();
    const got: string[] = [];
    const embedded = embed<string>(
      sniff(() => ({ codec: line() })),
      {
        onConnect: async (connection) => {
          await login.open;
          for await (const text of connection) got.push(text);
        },
      },
      { record: false },
    );
    embedded.feed('a\n').feed('b\n');
    await embedded.settled();
    login.pass();
    await embedded.settled();
    expect(got).toEqual(['a', 'b']);
    expect(embedded.paused).toBe(false);
    embedded.connection.destroy();
  });

  test('an exchange in onConnect that gives way to a hook leaves what holds that hook as it is', async () => {
    const login = gate();
    const work = gate();
    const done: string[] = [];
    const embedded = embed<string>(
      line(),
      {
        onConnect: async (connection) => {
          await login.open;
          await new Exchange(connection).request('login', (text) => text);
          connection.setCodec(line(), {
            onRead: async (_, text) => {
              await work.open;
              done.push(text);
            },
          });
        },
      },
      { record: false },
    );
    await embedded.settled();
    login.pass();
    await embedded.settled();
    embedded.feed('welcome\n');
    await embedded.settled();
    embedded.feed('a\nb\n');
    await embedded.settled();
    void embedded.connection.close({ drain: true });
    await embedded.settled();
    await embedded.settled();
    // It waits for the hook that is at work.
    expect([embedded.ended, done]).toEqual([false, []]);
    work.pass();
    await embedded.settled();
    await embedded.settled();
    expect([embedded.ended, done]).toEqual([true, ['a', 'b']]);
    embedded.connection.destroy();
  });

  test('an onEnd that swaps the codec still ends the connection when it settles', async () => {
    const end = gate();
    const embedded = embed<string>(
      line(),
      {
        onConnect: (connection) => {
          void new Exchange(connection);
        },
        onEnd: async (connection) => {
          await end.open;
          connection.setCodec(line(), { onRead: () => {} });
          connection.send('bye');
        },
      },
      { record: false },
    );
    embedded.end();
    await embedded.settled();
    end.pass();
    await embedded.settled();
    expect(embedded.ended).toBe(true);
    expect(await embedded.connection.closed).toBe('peer');
    expect(embedded.sent().toString()).toBe('bye\n');
  });
});
