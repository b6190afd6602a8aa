// The report for people.

/** Prints a line for each database, the problems, and with `isLong` a line for each point. */
export function report({ rows, problems, figures, isGood }, { isLong, databases }) {
  if (isLong) printTable(rows, databases);
  for (const problem of problems.slice(0, 40)) console.log(`PROBLEM ${problem}`);
  if (problems.length > 40) console.log(`… and ${problems.length - 40} more`);
  for (const { database, kills, faults, seconds } of figures.databases)
    console.log(
      `${database}: killed at ${kills} points, connection lost at ${faults} points, ${seconds} s`,
    );
  const what = `${figures.awaits} awaits of the database, ${figures.points} points played`;
  const seed = figures.seed === undefined ? '' : `, seed ${figures.seed}`;
  console.log(`${what}${seed}: ${isGood ? 'all exercised, nothing lost' : 'NOT GOOD'}`);
}

function printTable(rows, databases) {
  const names = databases.map(({ name }) => name);
  const width = Math.max(...rows.map(({ point }) => point.length));
  const columns = names.flatMap((name) => [`${name} killed`, `${name} error`]);
  console.log(`${'point'.padEnd(width)}  ${columns.join('  ')}  outcome`);
  for (const { point, on } of rows.toSorted((a, b) => a.point.localeCompare(b.point))) {
    const cells = names.flatMap((name) => [
      cell(on[name]?.isKilled, `${name} killed`),
      cell(on[name]?.isFailed, `${name} error`),
    ]);
    const broken = Object.values(on).flatMap(({ problems }) => problems);
    console.log(`${point.padEnd(width)}  ${cells.join('  ')}  ${broken[0] ?? 'sound'}`);
  }
}

const cell = (is, heading) => (is ? 'yes' : 'no').padEnd(heading.length);
