import { jsonService, type Service } from "../service";
import { lifecycleOperations } from "./lifecycle";
import { getRandomPassword } from "./random";
import { readingOperations } from "./reading";
import { replicationOperations } from "./replication";
import { resourcePolicyOperations } from "./resource-policy";
import { rotationOperations } from "./rotation";
import type { Rotations } from "./rotation-run";
import type { SecretStore } from "./store";
import { valueOperations } from "./values";

export const secretService = (store: SecretStore, rotations: Rotations): Service =>
  jsonService("secretsmanager", "secretsmanager", {
    ...lifecycleOperations(store),
    ...valueOperations(store),
    ...readingOperations(store),
    ...resourcePolicyOperations(store),
    ...replicationOperations(store),
    ...rotationOperations(store, rotations),
    GetRandomPassword: getRandomPassword,
  });
