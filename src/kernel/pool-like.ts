/** What Tasker needs of a `pg.Pool` that the host already has. Any pg 8 pool fits. */
export interface PoolLike {
  connect(): Promise<unknown>;
  readonly options?: unknown;
}
