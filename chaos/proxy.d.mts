/** A proxy in front of a PostgreSQL server, to break the network on purpose; see proxy.mjs. */
export interface TcpProxy {
  /** The same address as the target's, but through the proxy. */
  readonly url: string;
  /** New connections go to the server of this address. */
  retarget(url: string): void;
  /** From now on nothing is forwarded and nothing is closed: what a broken network looks like to both ends. */
  blackhole(): void;
  /** Forwards again; connections from before stay silent. */
  heal(): void;
  /** Cuts a connection as soon as the client sends a chunk with this text; the server still gets it, its answer is lost. Null: no more. */
  cutAfter(text: string | null): void;
  /** Cuts every connection. */
  cutAll(): void;
  /** Delays every message, both ways, by so many milliseconds. 0 ends it. */
  slow(milliseconds: number): void;
  /**
   * Hits the next request whose statement (its name, or its text when it has none) matches.
   * `before`: the connection is cut and the server never gets the request, `after`: the server has answered and the client is cut off
   * from the answer, `full`: the server never gets it and the client reads that the disk is full (SQLSTATE 53100).
   */
  strike(kind: 'before' | 'after' | 'full', matches: (statement: string) => boolean): Strike;
  /** Tells how long the server took for each request. Null: no more. */
  watch(onAnswer: ((statement: string | null, milliseconds: number) => void) | null): void;
  close(): Promise<void>;
}

export interface Strike {
  /** True once it has hit, false when it was cancelled before. */
  readonly hit: Promise<boolean>;
  cancel(): void;
}

/** Starts a proxy on a free loopback port in front of the server of a `postgres://` address. */
export function tcpProxy(targetUrl: string): Promise<TcpProxy>;
