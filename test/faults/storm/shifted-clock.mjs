// `node --import` of a process whose machine's clock is wrong: by CLOCK_SHIFT_MS. Timers go on as they are.
const shift = Number(process.env.CLOCK_SHIFT_MS);
const { Date: RealDate } = globalThis;

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + shift);
    else super(...values);
  }

  static now() {
    return RealDate.now() + shift;
  }
};
