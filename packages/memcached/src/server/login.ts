import type { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';

import { InvalidOptionError, isThenable } from '@wirewright/core';

/** Who may log in: passwords by user, or a function that says whether a password is that of a user. */
export type Users =
  | Readonly<Record<string, string>>
  | ((user: string, password: string) => boolean | PromiseLike<boolean>);

/** Finds out whether somebody may log in. */
export type Login = (user: string, password: string) => boolean | PromiseLike<boolean>;

/**
 * Makes what finds out whether somebody may log in.
 *
 * @throws {InvalidOptionError} it is neither a table of users nor a function
 */
export function loginOf(users: Users): Login {
  if (typeof users === 'function') return users;
  const entries = typeof users === 'object' && users !== null ? Object.entries(users) : [];
  if (entries.length === 0 || entries.some(([, password]) => typeof password !== 'string'))
    throw new InvalidOptionError('users is a table of passwords by user, { name: password }, or a function');
  const passwords = new Map(entries.map(([user, password]) => [user, digest(password)]));
  return (user, password) => {
    // As long for a user that there is not as for one that there is.
    const given = digest(password);
    const expected = passwords.get(user);
    return timingSafeEqual(given, expected ?? given) && expected !== undefined;
  };
}

/** Calls `then` with what a login came to: at once, or when its promise has settled. A failure is none of a client's business, and a no. */
export function withOutcome(outcome: boolean | PromiseLike<boolean>, then: (good: boolean) => void): unknown {
  if (!isThenable(outcome)) return then(outcome);
  return outcome.then((good) => then(good));
}

/** User and password of a SASL PLAIN message, `[authzid] NUL user NUL password` (RFC 4616); undefined for what is none. */
export function plainCredentials(message: Buffer): { user: string; password: string } | undefined {
  const first = message.indexOf(0);
  const second = first < 0 ? -1 : message.indexOf(0, first + 1);
  if (second < 0) return undefined;
  return { user: message.toString('utf8', first + 1, second), password: message.toString('utf8', second + 1) };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
