/** Preloaded into a process (`node --import`): its `Date` is wrong by CHAOS_SKEW_MS milliseconds, whatever it asks. */
const skewMs = Number(process.env.CHAOS_SKEW_MS);
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + skewMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
};
