import pc from "picocolors";

type Stream = { isTTY?: boolean };

/** Colour only where a person looks at it, and never against `NO_COLOR` (https://no-color.org). */
export const wantsColour = (stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean =>
  stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";

export const colours = (stream: Stream = process.stdout): ReturnType<typeof pc.createColors> =>
  pc.createColors(wantsColour(stream));
