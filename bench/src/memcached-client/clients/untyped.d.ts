/** What the types of a dependency of memcache take from those of browsers, which are not here. */
type BufferSource = ArrayBufferView | ArrayBuffer;

// What the benchmark uses of the clients that come without types.

declare module 'memjs' {
  interface Client {
    set(key: string, value: string | Uint8Array, options: { expires?: number }): Promise<boolean>;
    get(key: string): Promise<{ value: Uint8Array | null; flags: Uint8Array | null }>;
    close(): void;
  }
  const memjs: { readonly Client: { create(servers: string): Client } };
  export default memjs;
}

declare module 'memcached' {
  type Callback<Result> = (error: Error | undefined, result: Result) => void;
  export default class Memcached {
    constructor(server: string);
    set(key: string, value: string | Uint8Array, lifetime: number, callback: Callback<boolean>): void;
    get(key: string, callback: Callback<string | Uint8Array | undefined>): void;
    end(): void;
  }
}
