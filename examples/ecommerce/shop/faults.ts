/** What the shop can be told to do wrong. */
export const FAULT_KINDS = ['slow', '429', '503', '404', 'wrong_json', 'reset'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault that is switched on for every path that begins with `path`. */
export interface Fault {
  readonly path: string;
  readonly fault: FaultKind;
  /** Requests it still spoils; null = until it is switched off. @default 1 */
  readonly times: number | null;
  /** Seconds told in `Retry-After`, for `429` and `503`; null = the header is left out. @default 1 for 429, null for 503 */
  readonly retryAfter: number | null;
  /** How long `slow` waits before it answers as usual, in milliseconds. @default 3000 */
  readonly delayMs: number;
}

/** What a caller writes; the rest is filled in. */
export type FaultRequest = Pick<Fault, 'path' | 'fault'> & Partial<Fault>;

export interface FaultSwitch {
  /** Switches a fault on. The same path again replaces the one before. */
  set(request: FaultRequest): Fault;
  /** The fault that this request meets, counted down, or null. */
  take(path: string): Fault | null;
  list(): readonly Fault[];
  clear(): void;
}

/** The faults of one shop. The first one whose path matches wins, in the order in which they were switched on. */
export function createFaultSwitch(): FaultSwitch {
  const faults = new Map<string, Fault>();
  return {
    set(request) {
      const fault: Fault = {
        path: request.path,
        fault: request.fault,
        times: request.times === undefined ? 1 : request.times,
        retryAfter: request.retryAfter ?? (request.fault === '429' ? 1 : null),
        delayMs: request.delayMs ?? 3_000,
      };
      faults.set(fault.path, fault);
      return fault;
    },
    take(path) {
      for (const fault of faults.values()) {
        if (!path.startsWith(fault.path)) continue;
        if (fault.times === null) return fault;
        if (fault.times <= 1) faults.delete(fault.path);
        else faults.set(fault.path, { ...fault, times: fault.times - 1 });
        return fault;
      }
      return null;
    },
    list: () => [...faults.values()],
    clear: () => faults.clear(),
  };
}

/**
 * Reads `{"path": "/products", "fault": "503", "times": 2, "retry_after": 1, "delay_ms": 500}`.
 *
 * @returns the request, or a sentence that says what is wrong with it
 */
export function parseFault(body: unknown): FaultRequest | string {
  if (typeof body !== 'object' || body === null) return 'send a JSON object';
  const value: Readonly<Record<string, unknown>> = { ...body };
  const { path, times, retry_after: retryAfter, delay_ms: delayMs } = value;
  const kind = FAULT_KINDS.find((name) => name === value['fault']);
  if (typeof path !== 'string' || !path.startsWith('/'))
    return 'path must be text that begins with /';
  if (kind === undefined) return `fault must be one of ${FAULT_KINDS.join(', ')}`;
  if (times !== undefined && times !== null && !isCount(times, 1))
    return 'times must be a whole number from 1, or null';
  if (retryAfter !== undefined && !isCount(retryAfter, 0))
    return 'retry_after must be whole seconds';
  if (delayMs !== undefined && !isCount(delayMs, 0)) return 'delay_ms must be whole milliseconds';
  return {
    path,
    fault: kind,
    ...(times === undefined ? {} : { times }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
