import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('the service under load, its processes killed and its servers ended', () => {
  // the short form of `npm run test:faults`; it brings its own servers, since it ends them
  it('loses nothing and records nothing twice', async () => {
    const storm = spawn(
      process.execPath,
      ['test/faults/storm/storm.mjs', '--minutes', '2', '--tasks', '1000', '--seed', '1'],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [storm.stdout, storm.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    const [code] = (await once(storm, 'exit')) as [number | null];
    expect(code === 0 ? 'nothing lost' : said).toBe('nothing lost');
    expect(said).toContain('Nothing was lost, and nothing was recorded twice.');
  }, 150_000);
});
