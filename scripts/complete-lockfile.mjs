// `npm run lockfile`, after `npm install`: adds to package-lock.json the optional packages for other machines that
// npm left out because the registry in use does not have them. Without them `npm ci` refuses the lockfile as out of
// step, everywhere. They carry no integrity, as nobody here has seen them; npm fetches one only on its own machine.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = path.join(path.dirname(import.meta.dirname), 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));

const OS = /\b(darwin|linux|win32|windows|android|freebsd|openharmony|sunos|aix|netbsd|openbsd)\b/;
const CPU = /\b(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32)\b/;
const LIBC = { gnu: 'glibc', musl: 'musl' };

const added = {};
for (const [place, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (isLocked(place, name)) continue;
    added[`node_modules/${name}`] = {
      version: range.replace(/^[~^]/, ''),
      ...platformOf(name),
      ...(dev && { dev }),
      optional: true,
    };
  }
}
const packages = Object.entries({ ...lock.packages, ...added });
lock.packages = Object.fromEntries(packages.sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} packages for other machines added to package-lock.json`);

/** As Node looks a package up: in the asking package's own node_modules, then in those above. */
function isLocked(place, name) {
  for (let folder = place; ; folder = folder.slice(0, folder.lastIndexOf('node_modules/'))) {
    folder = folder.replace(/\/$/, '');
    if (`${folder ? `${folder}/` : ''}node_modules/${name}` in lock.packages) return true;
    if (!folder) return false;
  }
}

function platformOf(name) {
  const last = name.split('/').at(-1).replaceAll('_', '-');
  const [, os] = OS.exec(last) ?? [];
  const [, cpu] = CPU.exec(last) ?? [];
  if (!os && cpu !== 'wasm32')
    throw new Error(`Cannot tell from its name which machine ${name} is for.`);
  const [, libc] = /-(gnu|musl)$/.exec(last) ?? [];
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(os && { os: [os === 'windows' ? 'win32' : os] }),
    ...(os === 'linux' && libc && { libc: [LIBC[libc]] }),
  };
}
