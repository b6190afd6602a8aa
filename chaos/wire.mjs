/**
 * What the protocol of PostgreSQL (version 3) looks like from the middle: messages, requests and their answers. Pure: bytes go in,
 * messages come out; see https://www.postgresql.org/docs/current/protocol-message-formats.html.
 */

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

/** The answer of a server that has no encryption. */
export const NO_ENCRYPTION = Buffer.from('N');

/**
 * Cuts a stream into messages.
 *
 * @param {{ startsUp: boolean }} options a client's stream begins with messages that have no type: their type is `startup`, `cancel`,
 *   or `encryption` for a request that is answered with NO_ENCRYPTION
 * @returns {(chunk: Buffer) => readonly { type: string, bytes: Buffer }[]} feeds a chunk; `bytes` is the whole message
 */
export function messageReader({ startsUp }) {
  let rest = Buffer.alloc(0);
  let isStarting = startsUp;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const messages = [];
    for (;;) {
      const head = isStarting ? 0 : 1;
      if (rest.length < head + 4) return messages;
      const size = head + rest.readUInt32BE(head);
      if (rest.length < size) return messages;
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      const type = isStarting ? startupType(bytes) : String.fromCharCode(bytes[0]);
      if (type === 'startup') isStarting = false;
      messages.push({ type, bytes });
    }
  };
}

function startupType(bytes) {
  const code = bytes.length < 8 ? 0 : bytes.readUInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return 'encryption';
  return code === CANCEL_REQUEST ? 'cancel' : 'startup';
}

/** Ends a request: the server answers up to ReadyForQuery. */
export function endsRequest(type) {
  return type === 'Q' || type === 'S';
}

/** What a client's message says about the statement: its name where it has one, otherwise its text; null for other messages. */
export function statementOf({ type, bytes }) {
  if (type === 'Q') return textAt(bytes, 5);
  if (type === 'P') return textAt(bytes, 5) || textAt(bytes, 6); // an unnamed statement: the text follows the empty name
  if (type === 'B') return textAt(bytes, 5 + Buffer.byteLength(textAt(bytes, 5)) + 1) || null;
  return null;
}

/** The state in a ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one. */
export function readyState({ type, bytes }) {
  return type === 'Z' ? String.fromCharCode(bytes[5]) : null;
}

/** An error as the server tells it, and the ReadyForQuery of an idle session after it. */
export function refusal(sqlState, message) {
  const fields = Buffer.from(`SERROR\0VERROR\0C${sqlState}\0M${message}\0\0`);
  const error = Buffer.alloc(5);
  error.write('E');
  error.writeUInt32BE(4 + fields.length, 1);
  return Buffer.concat([error, fields, Buffer.from([0x5a, 0, 0, 0, 5, 0x49])]);
}

function textAt(bytes, from) {
  return bytes.toString('utf8', from, bytes.indexOf(0, from));
}
