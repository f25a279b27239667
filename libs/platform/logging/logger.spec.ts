import { runWithCorrelation } from './correlation.js';
import { createPino, NestLogger } from './logger.js';

function recorder(format: 'json' | 'text' = 'json') {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const logger = new NestLogger(createPino({ level: 'info', format }, output));
  return { logger, lines, entries: () => lines.map((line) => JSON.parse(line)) };
}

describe('NestLogger', () => {
  it('writes one JSON object with the context and the correlation id', () => {
    const { logger, entries } = recorder();
    runWithCorrelation('c-1', () => logger.log('done', { count: 3 }, 'Tasks'));
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'done',
        count: 3,
        context: 'Tasks',
        correlation_id: 'c-1',
        service: 'complex-workflows',
      }),
    ]);
  });

  it('keeps the stack of an error', () => {
    const { logger, entries } = recorder();
    logger.error('failed', new Error('inner'), 'Tasks');
    logger.error('failed', 'Error: as text\n  at x', 'Tasks');
    expect(entries()[0].err.stack).toContain('Error: inner');
    expect(entries()[1].stack).toContain('at x');
  });

  it('leaves out what is below the level, and the noise of the set-up', () => {
    const { logger, lines } = recorder();
    logger.debug('detail', 'Tasks');
    logger.log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(lines).toEqual([]);
  });

  it('hides secrets', () => {
    const { logger, lines } = recorder();
    const details = { headers: { authorization: 'Bearer s3cret', host: 'a' }, password: 's3cret' };
    logger.log('request', details, 'x');
    logger.error(
      'failed',
      Object.assign(new Error('inner'), { secret: 's3cret', code: 'E1' }),
      'x',
    );
    expect(lines.join()).not.toContain('s3cret');
    expect(lines[0]).toContain('"host":"a"');
    expect(lines[1]).toContain('"code":"E1"');
    expect(details.password).toBe('s3cret');
  });

  it('shows where the database refused something, and not what', () => {
    const { logger, lines, entries } = recorder();
    const driverError = Object.assign(
      new Error('invalid input syntax for type integer: "s3cret"'),
      {
        name: 'DatabaseError',
        code: '22P02',
        detail: 'Key (name)=(s3cret) already exists.',
        where: "unnamed portal parameter $1 = 's3cret'",
        table: 'business_rules',
      },
    );
    const error = Object.assign(new Error(driverError.message), {
      code: '22P02',
      query: 'insert …',
      parameters: ['s3cret'],
      driverError,
    });
    logger.error('failed', error, 'Http');
    logger.error(error, 'Http');
    expect(lines.join()).not.toContain('s3cret');
    expect(entries()[0].err.cause).toMatchObject({
      type: 'DatabaseError',
      code: '22P02',
      table: 'business_rules',
    });
    expect(entries()[0].err.stack).toContain('logger.spec');
  });

  it('writes readable text for a terminal', () => {
    const { logger, lines } = recorder('text');
    logger.log('The API answers', { port: 8000 }, 'Boot');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}\[Boot\] The API answers port=8000\n$/);
  });
});
