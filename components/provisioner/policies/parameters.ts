import { CLUSTER_TAG } from "../../../provisioner/access/secret-text";
import { arn, type Place, type PolicyStatement } from "./document";
import { forCluster, ofCluster, ownershipTagKeys } from "./tags";

interface Published extends Place {
  clusterName: string;
  /** Paths under which parameters may be published. None: no parameters. */
  parameterPaths: readonly string[];
}

type Use = "manage" | "rotate";

const actions = (...names: string[]): string[] => names.map((name) => `ssm:${name}`);

const under = ({ parameterPaths, ...place }: Published): string[] =>
  parameterPaths.map((path) => arn(place, "ssm", `parameter/${path.replace(/^\/+|\/+$/g, "")}/*`));

/** Without a tag: whether a parameter exists, and whose it is, has to be seen before anything is written. */
const readParameters = (published: Published, use: Use): PolicyStatement => ({
  Sid: "ReadParameters",
  Effect: "Allow",
  Action: actions("GetParameters", ...(use === "manage" ? ["ListTagsForResource"] : [])),
  Resource: under(published),
});

/**
 * Parameter Store refuses tags together with a value that replaces one: what has our tag in its request is new.
 * Tags are put on what has none of another cluster.
 */
const createParameters = (published: Published): PolicyStatement => ({
  Sid: "CreateParameters",
  Effect: "Allow",
  Action: actions("PutParameter", "AddTagsToResource"),
  Resource: under(published),
  Condition: {
    StringEquals: forCluster(published.clusterName),
    StringEqualsIfExists: ofCluster(published.clusterName),
    "ForAllValues:StringEquals": { "aws:TagKeys": ownershipTagKeys },
  },
});

const changeOwnParameters = (published: Published): PolicyStatement => ({
  Sid: "ChangeOwnParameters",
  Effect: "Allow",
  Action: actions("PutParameter", "DeleteParameters"),
  Resource: under(published),
  Condition: { StringEquals: ofCluster(published.clusterName), Null: { [`aws:RequestTag/${CLUSTER_TAG}`]: "true" } },
});

/** A rotation writes only what its login has published already. */
export const parameterStatements = (published: Published, use: Use): PolicyStatement[] =>
  published.parameterPaths.length === 0
    ? []
    : [readParameters(published, use), createParameters(published), changeOwnParameters(published)];
