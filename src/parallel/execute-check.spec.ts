import fc from 'fast-check';

import type { Fault } from '#engine/errors';

import { outside } from './execute-check.js';

const fault = (pointer: string): Fault => ({ pointer, code: 'bad', message: 'Bad.' });
const faults = fc.array(
  fc
    .array(fc.constantFrom('a', 'ab', '0', '1', ''), { maxLength: 4 })
    .map((path) => fault(path.map((part) => `/${part}`).join(''))),
  { maxLength: 10 },
);

describe('outside', () => {
  it('leaves out what is of a field that is named, or in it', () => {
    fc.assert(
      fc.property(faults, faults, (shape, further) => {
        const plain = further.filter(
          ({ pointer }) => !shape.some((one) => `${pointer}/`.startsWith(`${one.pointer}/`)),
        );
        expect(outside(shape, further)).toEqual(plain);
      }),
    );
  });

  it('reads each fault once, however many there are of both', () => {
    let looks = 0;
    const shape = Array.from({ length: 300 }, (_, n) => ({
      ...fault(''),
      get pointer() {
        looks += 1;
        return `/tasks/${n}/task_name`;
      },
    }));
    const further = shape.map((_, n) => fault(`/tasks/${n}/dependencies/0`));
    expect(outside(shape, further)).toEqual(further);
    expect(looks).toBe(shape.length);
  });
});
