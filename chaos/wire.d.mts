/** The protocol of PostgreSQL from the middle; see wire.mjs. */
export interface Message {
  /** One letter, or `startup`, `cancel`, `encryption`. */
  readonly type: string;
  /** The whole message. */
  readonly bytes: Buffer;
}

export const NO_ENCRYPTION: Buffer;
export function messageReader(options: {
  readonly startsUp: boolean;
}): (chunk: Buffer) => readonly Message[];
export function endsRequest(type: string): boolean;
export function statementOf(message: Message): string | null;
export function readyState(message: Message): string | null;
export function refusal(sqlState: string, message: string): Buffer;
