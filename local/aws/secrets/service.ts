import { notLocal } from "../errors";
import { jsonService, type JsonOperation, type Service } from "../service";
import { lifecycleOperations } from "./lifecycle";
import { getRandomPassword } from "./random";
import { readingOperations } from "./reading";
import { resourcePolicyOperations } from "./resource-policy";
import type { SecretStore } from "./store";
import { valueOperations } from "./values";

const refuse =
  (what: string): JsonOperation =>
  () => {
    throw notLocal(what);
  };

export const secretService = (store: SecretStore): Service =>
  jsonService("secretsmanager", "secretsmanager", {
    ...lifecycleOperations(store),
    ...valueOperations(store),
    ...readingOperations(store),
    ...resourcePolicyOperations(store),
    GetRandomPassword: getRandomPassword,
    RotateSecret: refuse("rotation of secrets by a function (RotateSecret)"),
    CancelRotateSecret: refuse("rotation of secrets by a function (CancelRotateSecret)"),
    ReplicateSecretToRegions: refuse("replication of secrets (ReplicateSecretToRegions)"),
  });
