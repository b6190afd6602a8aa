/**
 * Takes secrets out of text and values before they are stored or logged.
 *
 * I1: it errs on the safe side: a word that merely looks like a secret is lost, a secret is not kept.
 * I2: the time of every pattern grows with the length of the text and not faster.
 * I3: a secret that was cut off at its end is still found (a key block without its last line, a token without its signature).
 */
import type { Json } from './json.ts';

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

/** `bypass` is a word of the domain, not a password. */
const SECRET_WORD = /(?:(?<!by)pass|secret|token|authorization|cookie|api[-_]?key|private)/i;

/** The rest of the word, a closing quote, and `:` or `=`. */
const ASSIGN = /[\w-]{0,40}\\?["']?\s{0,4}[:=]\s{0,4}/;
/** A value in quotes: escaped ones (JSON inside JSON), double ones, single ones. The closing quote may have been cut off. */
const QUOTED = /\\"(?:[^"\\]|\\(?!"))*(?:\\")?|"(?:[^"\\]|\\[^])*"?|'[^']*'?/;

/** Headers whose value is several words: without quotes, the rest of the line is the value. */
const HEADER = new RegExp(
  `((?:authorization|cookie)${ASSIGN.source})(${QUOTED.source}|[^\\s"'\\\\[][^\\r\\n"'\\\\[]*)`,
  'gi',
);
const MEMBER = new RegExp(
  `(${SECRET_WORD.source}${ASSIGN.source})(${QUOTED.source}|[^\\s,;&"'(){}\\\\[\\]]+)`,
  'gi',
);

type Rule = (text: string) => string;

const RULES: readonly Rule[] = [
  (text) =>
    text.replace(
      /-----BEGIN [A-Z0-9 ]{0,40}-----[^]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
      REDACTED,
    ),
  // user and password, or a bare token, before the host of an address
  (text) => text.replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]+@/gi, `$1${REDACTED}@`),
  (text) => text.replace(HEADER, redactAssigned),
  (text) => text.replace(MEMBER, redactAssigned),
  (text) => text.replace(/\b(bearer)\s{1,4}[A-Za-z0-9._~+/=-]{4,}/gi, `$1 ${REDACTED}`),
  (text) => text.replace(/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}/g, REDACTED), // JWT and JWE
  (text) => text.replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, REDACTED), // AWS
  (text) => text.replace(/\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}/g, REDACTED), // Stripe
  (text) => text.replace(/tk_[a-z2-7]{8}_[A-Za-z0-9_-]{4,}/g, REDACTED), // API keys of Tasker
  (text) =>
    text.replace(/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-)[A-Za-z0-9_-]{10,}/g, REDACTED), // GitHub, GitLab, Slack
];

/** True when a key of this name holds a secret: `password`, `apiKey`, `Set-Cookie`, … */
export function isSecretKey(key: string): boolean {
  return SECRET_WORD.test(key);
}

/** The text without credentials in addresses, assigned secrets, bearer tokens, key blocks, JWTs and well-known access keys. */
export function redactText(text: string): string {
  return RULES.reduce((current, rule) => rule(current), text);
}

/** The value with every text redacted, and with the whole member redacted where its key names a secret. */
export function redactJson(value: Json): Json {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(redactJson);
  const members = Object.entries(value).map(([key, member]) => [
    key,
    isSecretKey(key) && member !== null ? REDACTED : redactJson(member),
  ]);
  return Object.fromEntries(members);
}

/** The text without these very values; values of fewer than four characters are left, because they would tear words apart. */
export function redactValues(text: string, values: Iterable<string>): string {
  let clean = text;
  for (const value of values) if (value.length >= 4) clean = clean.replaceAll(value, REDACTED);
  return clean;
}

/** Keeps the quotes around the value, so that redacted JSON is still JSON. */
function redactAssigned(_match: string, head: string, value: string): string {
  const quote = /^\\?["']/.exec(value)?.[0] ?? '';
  return `${head}${quote}${REDACTED}${quote}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
