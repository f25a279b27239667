// `node --import` of a process whose event loop stands still for BLOCK_MS when it gets SIGUSR2.
import { writeSync } from 'node:fs';

const milliseconds = Number(process.env.BLOCK_MS);

process.on('SIGUSR2', () => {
  writeSync(1, 'The event loop stands still.\n');
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
});
