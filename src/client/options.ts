import { parseDuration, type Duration, type Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';

/** Where the interface is, and how it is called. */
export interface ClientOptions {
  /** The address of the interface with its base path, such as `https://tasks.example/tasker`. */
  readonly url: string | URL;
  /** An API key or a token, sent as `Authorization: Bearer …`. @default none */
  readonly apiKey?: string;
  /** Headers of every request, or a function that gives them anew for each (a token that expires). @default none */
  readonly headers?: ClientHeaders | (() => ClientHeaders | Promise<ClientHeaders>);
  /** What requests are sent with. @default the global `fetch` */
  readonly fetch?: typeof globalThis.fetch;
  /** For a whole answer. @default "30s" */
  readonly timeout?: Duration;
  /** Further tries of a GET that could not be sent, or was answered with 429, 502, 503 or 504. @default 0 */
  readonly retries?: number;
  /** Silence after which a stream of events counts as lost; the server shows every 15 s that it lives. @default "60s" */
  readonly silence?: Duration;
}

export type ClientHeaders = Readonly<Record<string, string>>;

/** The options, checked and with every default. */
export interface ClientSettings {
  /** Without a slash at the end. */
  readonly base: string;
  readonly headers: () => Promise<ClientHeaders>;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: Milliseconds;
  readonly retries: number;
  readonly silenceMs: Milliseconds;
}

const KEYS: readonly (keyof ClientOptions)[] = [
  'url',
  'apiKey',
  'headers',
  'fetch',
  'timeout',
  'retries',
  'silence',
];

/** @throws INVALID_OPTION, INVALID_DURATION */
export function resolveClientOptions(options: ClientOptions): ClientSettings {
  const unknown = Object.keys(options).find((key) => !KEYS.some((known) => known === key));
  if (unknown !== undefined) throw invalid(unknown, `is not known.${didYouMean(unknown, KEYS)}`);
  const { apiKey, headers = {}, retries = 0, timeout = '30s', silence = '60s' } = options;
  if (apiKey === '') throw invalid('apiKey', 'is empty');
  if (!Number.isInteger(retries) || retries < 0 || retries > 10)
    throw invalid('retries', 'must be a whole number from 0 to 10');
  const credentials = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return {
    base: baseOf(options.url),
    headers: async () => ({
      ...credentials,
      ...(typeof headers === 'function' ? await headers() : headers),
    }),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    timeoutMs: parseDuration(timeout, 'timeout'),
    retries,
    silenceMs: parseDuration(silence, 'silence'),
  };
}

function baseOf(given: string | URL): string {
  const text = String(given);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw invalid('url', 'must be an address such as https://tasks.example/tasker');
  if (url.username !== '' || url.password !== '')
    throw invalid('url', 'has a user or a password in it; give apiKey or headers instead');
  if (url.search !== '' || url.hash !== '')
    throw invalid('url', 'must end with the base path; parameters belong to calls');
  return url.href.replace(/\/$/, '');
}

function invalid(option: string, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', { option, problem });
}
