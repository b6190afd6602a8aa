import type { ParsedNode } from 'yaml';
import { Composer, Document, LineCounter, Parser } from 'yaml';
import type { Json } from '../../kernel/json.ts';
import type { Place, TreeFault } from './places.ts';
import { readContents } from './read-node.ts';

/** A file as plain data, with the place of everything in it. */
export interface Tree {
  readonly value: Json;
  /** Places by `placeKey` of their path. */
  readonly places: ReadonlyMap<string, Place>;
  readonly lines: LineCounter;
  readonly faults: readonly TreeFault[];
}

/** Parses YAML 1.2 into plain data. Refuses tags, doubtful aliases and keys that are not plain text; resolves `*alias` and `<<`. */
export function readTree(text: string): Tree {
  const lines = new LineCounter();
  const composer = new Composer<ParsedNode>({
    keepSourceTokens: false,
    resolveKnownTags: false,
    uniqueKeys: false, // readMember finds them; the parser compares every key with every other
  });
  const documents = [
    ...composer.compose(new Parser(lines.addNewLine).parse(text), true, text.length),
  ];
  const [document, second] = documents;
  const faults: TreeFault[] = documents.flatMap((one) =>
    one.errors.map(({ pos, message }): TreeFault => ({
      code: 'YAML_SYNTAX',
      offset: pos[0],
      end: pos[1],
      message: withoutPosition(message),
    })),
  );
  if (second) {
    const offset = second.range[0];
    faults.push({
      code: 'MANY_DOCUMENTS',
      offset,
      end: offset,
      message: 'a file holds one definition: this is a second document',
    });
  }
  const places = new Map<string, Place>();
  if (!(document instanceof Document) || faults.length > 0)
    return { value: null, places, lines, faults };
  const value = readContents(document, { places, faults });
  return { value, places, lines, faults };
}

/** The parser's messages end with a position and an excerpt of its own. */
function withoutPosition(message: string): string {
  return message.split(/ at line \d+, column \d+|\n/)[0] ?? message;
}
