import { pino } from 'pino';
import { GatheredLines } from './gathered-lines.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function recorder() {
  const writes: string[] = [];
  const output = { write: (text: string) => void writes.push(text) };
  const lines = new GatheredLines(output);
  const log = pino({ base: null, timestamp: false }, lines);
  const messages = () =>
    writes.map((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    );
  return { log, messages };
}

describe('GatheredLines', () => {
  it('writes the lines of one turn together, in their order', async () => {
    const { log, messages } = recorder();
    log.info('a');
    log.info('b');
    expect(messages()).toEqual([]);
    await turn();
    log.info('c');
    await turn();
    expect(messages()).toEqual([['a', 'b'], ['c']]);
  });

  it('lets nothing wait behind what is urgent', async () => {
    const { log, messages } = recorder();
    log.info('a');
    log.warn('b');
    expect(messages()).toEqual([['a', 'b']]);
    log.info('c');
    log.error('d');
    await turn();
    expect(messages()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });
});
