import type { SecretSpec } from "../claims";
import { Refusal } from "../refusal";
import { canonicalJson, type PlanContext } from "./context";

interface Statement {
  Sid?: string;
  Effect: string;
  Principal?: unknown;
  Action?: unknown;
  Resource?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

interface Policy {
  Version: string;
  Statement: Statement[];
}

const READERS = "DbAccessReaders";
const READ = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"];

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

function statementsOf(text: string | null | undefined): Statement[] {
  if (text === undefined || text === null || text === "") return [];
  const parsed = JSON.parse(text) as Partial<Policy>;
  return list(parsed.Statement) as Statement[];
}

/** An account stands for its root, which is how AWS writes it back. */
const asArn = (principal: string, partition: string): string =>
  /^\d{12}$/.test(principal) ? `arn:${partition}:iam::${principal}:root` : principal;

/** One spelling for what AWS may write in several: lists of one, account ids, order. */
export function canonicalPolicy(text: string, partition: string): string {
  const statements = statementsOf(text).map((statement) => {
    const principal = statement.Principal;
    const principals =
      typeof principal === "object" && principal !== null
        ? Object.fromEntries(
            Object.entries(principal).map(([kind, names]) => [
              kind,
              list(names)
                .map((name) => asArn(String(name), partition))
                .sort(),
            ]),
          )
        : principal;
    const sorted = (value: unknown): unknown => (value === undefined ? undefined : list(value).map(String).sort());
    return canonicalJson({
      ...statement,
      Principal: principals,
      Action: sorted(statement.Action),
      Resource: sorted(statement.Resource),
    });
  });
  return JSON.stringify(statements.sort());
}

/** Keys that hold a wildcard principal to somebody in particular. */
const bounds = ["aws:principalorgid", "aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn"];

function isPublic({ Effect, Principal, Condition = {} }: Statement): boolean {
  const names =
    typeof Principal === "object" && Principal !== null ? Object.values(Principal).flatMap(list) : [Principal];
  if (Effect !== "Allow" || !names.includes("*")) return false;
  return !Object.entries(Condition).some(
    ([operator, keys]) =>
      /^(String|Arn)(Equals|Like)$/.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) => bounds.includes(key.toLowerCase()) && !list(values).some((value) => value === "*"),
      ),
  );
}

export interface WantedPolicy {
  /** Null: none. */
  text: string | null;
  /** Who may read by it, for people. */
  readers: string[];
}

/** What the readers and the admin's secret ask for. Undefined: the claim says nothing about a policy. */
export function wantedPolicy(context: PlanContext, secret: SecretSpec): WantedPolicy | undefined {
  const { readers = [], inherit } = secret;
  if (secret.readers === undefined && inherit?.policy !== true) return undefined;
  const { partition } = context.service;
  const own: Statement[] =
    readers.length === 0
      ? []
      : [
          {
            Sid: READERS,
            Effect: "Allow",
            Principal: { AWS: readers.map((reader) => asArn(reader, partition)).sort() },
            Action: READ,
            Resource: "*",
          },
        ];
  const inherited = inherit?.policy === true ? statementsOf(context.primary?.policy).map(onAnySecret) : [];
  const open = inherited.find(isPublic);
  if (open !== undefined)
    throw new Refusal(
      "PublicPolicy",
      `The admin secret's policy would make this secret public (statement ${open.Sid ?? "without Sid"}); name principals in it, or do not inherit it.`,
      "auth.secret.inherit.policy",
    );
  const statements = [...own, ...inherited];
  const text = statements.length === 0 ? null : canonicalJson({ Version: "2012-10-17", Statement: statements });
  return { text, readers: statements.filter(({ Effect }) => Effect === "Allow").flatMap(principalsOf) };
}

/** A statement names the admin's secret; attached to another one it has to speak of that one. */
const onAnySecret = (statement: Statement): Statement => ({ ...statement, Resource: "*" });

const principalsOf = ({ Principal }: Statement): string[] =>
  typeof Principal === "object" && Principal !== null
    ? Object.values(Principal).flatMap(list).map(String)
    : [String(Principal)];

/** Who may read by a policy that is there. Deny statements let nobody in. */
export const readersOf = (text: string | null | undefined): string[] =>
  statementsOf(text)
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(principalsOf);
