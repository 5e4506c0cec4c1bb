import type { CallOptions } from './call-options.ts';
import type { AnyCall } from './call.ts';
import type { Leased } from './dialect/dialect.ts';
import type { Fleet } from './fleet.ts';
import type { Place } from './herd.ts';
import type { WireKey } from './keys.ts';
import type { RemoteServer } from './remote-server.ts';
import { asCas, type Storing } from './storing.ts';

/** The place of a key, as a herd uses it. */
export function leasedPlace<In, Out>(fleet: Fleet, storing: Storing<In, Out>, wire: WireKey): Place<In, Out> {
  // What cannot even be asked is a rejection, too.
  const ask = async <T>(options: CallOptions, make: (server: RemoteServer) => AnyCall): Promise<T> => {
    const server = fleet.route(wire);
    return server.ask(make(server), options);
  };
  const release: Place<In, Out>['release'] = ({ value, cas }, options) =>
    ask(options, ({ dialect }) =>
      // An old value stays for the others.
      value === undefined ? dialect.delete(wire, false, cas) : dialect.invalidate(wire, 0, cas),
    );
  return {
    lease: (seconds, recache, options) =>
      ask<Leased<Out>>(options, ({ dialect }) => dialect.lease(wire, seconds, recache)),
    release,
    fill: async (value, ttl, leased, options) => {
      const encoded = await storing.encode(value);
      if (leased !== undefined) {
        const make = (server: RemoteServer): AnyCall =>
          storing.call(server, 'cas', wire, encoded, { ttl }, asCas, leased.cas);
        // It is computed, whether the cache takes it or not. When not, others would wait for it until the lease is over.
        await ask(options, make).catch(() => {
          if (leased.won) void release(leased, options).catch(() => {});
        });
      }
      return storing.readBack(encoded);
    },
  };
}
