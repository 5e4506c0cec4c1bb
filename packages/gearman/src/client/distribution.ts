import { hash } from 'node:crypto';

import { InvalidOptionError } from '@wirewright/core';

/** What a distribution knows of a job. */
export interface DistributedJob {
  /** The function that it is for. */
  readonly function: string;
  /** What jobs are the same by: the unique, or the payload where that is `-`; undefined when the job is like no other. */
  readonly key: string | Uint8Array | undefined;
}

/**
 * In which order servers are tried: made for a list of names, anew whenever that changes, it returns a function that gives the indexes of
 * the servers of a job, the first choice first.
 *
 * ```ts
 * const byFunction: Distribution = (servers) => (job) => [job.function.length % servers.length, 0];
 * ```
 */
export type Distribution = (servers: readonly string[]) => (job: DistributedJob) => readonly number[];

/**
 * | name          | first choice                                                                             |
 * | ------------- | ---------------------------------------------------------------------------------------- |
 * | `hash`        | by unique, so that the same job comes to the same server; jobs without one take turns     |
 * | `ordered`     | the first server that is up                                                              |
 * | `round-robin` | each in turn                                                                             |
 * | `random`      | any                                                                                      |
 */
export type DistributionName = 'hash' | 'ordered' | 'round-robin' | 'random';

const distributions: Readonly<Record<DistributionName, Distribution>> = {
  hash(servers) {
    const inTurn = distributions['round-robin'](servers);
    return (job) => (job.key === undefined ? inTurn(job) : rendezvous(servers, job.function, job.key));
  },
  ordered: (servers) => () => servers.map((_, index) => index),
  'round-robin': (servers) => {
    let turn = 0;
    return () => {
      const first = turn++;
      return servers.map((_, index) => (first + index) % servers.length);
    };
  },
  random: (servers) => () => ranked(servers.map(() => Math.random())),
};

/** @throws {InvalidOptionError} it is neither a name nor a function */
export function distributionOf(given: DistributionName | Distribution): Distribution {
  if (typeof given === 'function') return given;
  if (Object.hasOwn(distributions, given)) return distributions[given];
  throw new InvalidOptionError(
    `distribution must be ${Object.keys(distributions).join(', ')} or a function of your own, not ${given}`,
  );
}

/** Each server has a rank of its own for each key: when one comes or goes, only its share moves. */
function rendezvous(servers: readonly string[], name: string, key: string | Uint8Array): number[] {
  const digest = hash('md5', key);
  return ranked(
    servers.map((server) => Number.parseInt(hash('md5', `${server}\0${name}\0${digest}`).slice(0, 12), 16)),
  );
}

/** The indexes, the highest rank first. */
function ranked(ranks: readonly number[]): number[] {
  const order = ranks.map((_, index) => index);
  order.sort((a, b) => ranks[b]! - ranks[a]!);
  return order;
}
