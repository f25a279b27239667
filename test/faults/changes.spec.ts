import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describeOnBothQueues } from '../support/queues.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

describeOnBothQueues('a change of running instances while processes are killed', (queue) => {
  // the short form of `npm run test:faults:changes`
  it('leaves every instance whole, and takes back what nobody touched as it was', async () => {
    const type = queue === 'redis' ? 'change_approval' : 'remove_step';
    const run = spawn(
      process.execPath,
      ['test/faults/changes/changes.mjs', '--types', type, '--queue', queue].concat([
        '--instances',
        '150',
        '--minutes',
        '2',
        '--seed',
        '1',
      ]),
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [run.stdout, run.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    const [code] = (await once(run, 'exit')) as [number | null];
    expect(code === 0 ? 'whole' : said).toBe('whole');
    expect(said).toContain('Every instance is whole');
  }, 150_000);
});
