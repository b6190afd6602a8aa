import type { Row } from './db.ts';
import { FIRST_USER_OID, arrayDecoder, asText, builtInDecoder } from './value-types.ts';
import type { Decoder } from './value-types.ts';

/** A column of an answer, as far as decoding needs it; both drivers describe their columns with these names. */
export interface Column {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Asks the database about types: the answer has one row per array type, with its own id and the id of its elements. */
export type TypeLookup = (
  oids: readonly number[],
) => Promise<readonly { oid: number; element: number }[]>;

/**
 * The types that users of one database created: enums and their arrays. Their ids differ from database to database, so an id that
 * is seen for the first time costs one look into pg_type; afterwards it is known for good.
 */
export class UserTypes {
  readonly #known = new Map<number, Decoder>();

  /** The decoders in the shape that pg accepts with a query. */
  readonly forDriver = { getTypeParser: (oid: number): Decoder => this.decoder(oid) };

  /** The decoder of a column; text for a type that was not looked up yet. */
  decoder(oid: number): Decoder {
    return oid < FIRST_USER_OID ? builtInDecoder(oid) : (this.#known.get(oid) ?? asText);
  }

  /** True when some column has a type that must be looked up first. */
  hasUnknown(columns: readonly Column[]): boolean {
    return columns.some(({ dataTypeID: oid }) => oid >= FIRST_USER_OID && !this.#known.has(oid));
  }

  /** Looks up what is unknown, and decodes the columns of rows that were taken as text. */
  async learn(
    columns: readonly Column[],
    rows: readonly Row[],
    lookup: TypeLookup,
  ): Promise<readonly Row[]> {
    const unknown = columns
      .map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }))
      .filter(({ oid }) => oid >= FIRST_USER_OID && !this.#known.has(oid));
    const arrays = new Map(
      (await lookup(unknown.map(({ oid }) => oid))).map((type) => [type.oid, type.element]),
    );
    for (const { oid } of unknown) {
      const element = arrays.get(oid);
      this.#known.set(oid, element === undefined ? asText : arrayDecoder(this.decoder(element)));
    }
    return rows.map((row) => {
      const decoded: Record<string, unknown> = { ...row };
      for (const { name, oid } of unknown) {
        const text = row[name];
        if (typeof text === 'string') decoded[name] = this.decoder(oid)(text);
      }
      return decoded;
    });
  }
}

/** The statement behind a `TypeLookup`; `$1` is an oid[]. */
export const LOOK_UP_TYPES =
  "select oid, typelem from pg_catalog.pg_type where oid = any($1::oid[]) and typelem <> 0 and typcategory = 'A'";
