export interface DirectoryLock {
  release(): Promise<void>;
}
export async function lockDirectory(_: string): Promise<DirectoryLock> {
  return { release: async () => {} };
}
