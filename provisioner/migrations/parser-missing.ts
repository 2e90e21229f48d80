/** The package that reads a family's files is not installed: it is in the functions' code, and not in the npm package. */
export class ParserMissing extends Error {
  override readonly name = "ParserMissing";

  constructor(readonly packageName: string) {
    super(`The package ${packageName} is not installed, so that no file can be looked at here.`);
  }
}

/** Loads what needs the package, and tells its absence from every other failure. */
export async function loadParser<T>(packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message = "" } = error as { code?: string; message?: string };
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw isMissing && message.includes(packageName) ? new ParserMissing(packageName) : error;
  }
}
