import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { secretsClient } from "../credentials/aws-clients";
import { bindSecretError, unavailable } from "./failures";

/** An empty password would be a bind without any, which a directory may accept as somebody without a name. */
const content = z.looseObject({ username: z.string().min(1), password: z.string().min(1) });

export type Binding = z.infer<typeof content>;

/** Read every time: the password may have been rotated, and directories are asked seldom. */
export async function bindingOf(secretArn: string): Promise<Binding> {
  const text = await secretsClient()
    .send(new GetSecretValueCommand({ SecretId: secretArn }))
    .then(
      ({ SecretString }) => SecretString,
      (error: unknown) => {
        throw bindSecretError(error);
      },
    );
  const parsed = content.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw unavailable("The directory's secret must be JSON with username and password; put it in that shape.");
}

const parse = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};
