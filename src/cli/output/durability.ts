const SENTENCES: Readonly<Record<string, string>> = {
  sync: 'every commit is on disk',
  async: 'the last moments may be lost in a crash of the database server',
  process: 'survives the death of this process, not a power cut: for development',
};

/** What the data is safe against, in words. */
export function durabilityText(durability: string): string {
  return SENTENCES[durability] ?? durability;
}
