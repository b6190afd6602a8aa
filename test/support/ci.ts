/** True in continuous integration, where nothing may be skipped silently. */
export function isCi(): boolean {
  return process.env['CI'] === 'true' || process.env['CI'] === '1';
}
