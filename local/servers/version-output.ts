/** The version in what `mysqld --version` prints, when that server is MySQL: Debian's `mysqld` is MariaDB. */
export function mysqlVersion(output: string): string | undefined {
  return /mariadb/i.test(output) ? undefined : /Ver (\d+\.\d+\.\d+)/.exec(output)?.[1];
}

export function mariadbVersion(output: string): string | undefined {
  return /Ver (\d+\.\d+\.\d+)-MariaDB/.exec(output)?.[1];
}
