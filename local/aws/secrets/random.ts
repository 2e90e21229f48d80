import { randomInt } from "node:crypto";
import { z } from "zod";
import { AwsError } from "../errors";
import { readInput, sized } from "../input";
import type { JsonOperation } from "../service";

const input = z.object({
  PasswordLength: z.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: sized(0, 4096).default(""),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  ExcludeLowercase: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().default(true),
});

const pick = (characters: string): string => characters[randomInt(characters.length)];

export const getRandomPassword: JsonOperation = (request) => {
  const options = readInput(input, request);
  const types = [
    options.ExcludeLowercase ? "" : "abcdefghijklmnopqrstuvwxyz",
    options.ExcludeUppercase ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    options.ExcludeNumbers ? "" : "0123456789",
    options.ExcludePunctuation ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    options.IncludeSpace ? " " : "",
  ]
    .map((type) => [...type].filter((character) => !options.ExcludeCharacters.includes(character)).join(""))
    .filter((type) => type !== "");
  const required = options.RequireEachIncludedType ? types : [];
  if (types.length === 0 || required.length > options.PasswordLength) {
    const text = "The password can't be generated: its length and the excluded characters leave no choice.";
    throw new AwsError("InvalidParameterException", text);
  }
  const all = types.join("");
  const letters = required.map(pick);
  while (letters.length < options.PasswordLength) letters.push(pick(all));
  for (let i = letters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [letters[i], letters[j]] = [letters[j], letters[i]];
  }
  return { RandomPassword: letters.join("") };
};
