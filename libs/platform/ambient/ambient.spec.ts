import { AmbientValue, runWithAll, runWithNone } from './ambient.js';

const colour = new AmbientValue<string>();
const size = new AmbientValue<number>();

describe('AmbientValue', () => {
  it('is known to everything that the work awaits, and to nothing else', async () => {
    const seen = await colour.run('red', async () => {
      await Promise.resolve();
      return [colour.get(), colour.run('blue', () => colour.get()), colour.get()];
    });
    expect(seen).toEqual(['red', 'blue', 'red']);
    expect(colour.get()).toBeUndefined();
  });

  it('leaves the other values as they are', () => {
    const seen = colour.run('red', () => size.run(3, () => [colour.get(), size.get()]));
    expect(seen).toEqual(['red', 3]);
    expect(colour.run('red', () => size.get())).toBeUndefined();
  });

  it('takes several at once', () => {
    const seen = runWithAll([colour.as('red'), size.as(3)], () => [
      colour.get(),
      size.run(4, () => size.get()),
      size.get(),
    ]);
    expect(seen).toEqual(['red', 4, 3]);
  });

  it('can be left', async () => {
    const seen = await colour.run('red', () =>
      runWithNone(async () => {
        await Promise.resolve();
        return colour.get();
      }),
    );
    expect(seen).toBeUndefined();
  });

  it('keeps apart what goes on at the same time', async () => {
    const seen = await Promise.all(
      [1, 2, 3].map((value) =>
        size.run(value, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return size.get();
        }),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
  });
});
