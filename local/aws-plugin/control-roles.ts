/** A role as it was declared. */
export interface DeclaredRole {
  name: string;
  arn: string;
  /** The JSON text that says who may assume it. */
  trust: string;
}

interface Role extends DeclaredRole {
  policies: Map<string, object>;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** IAM's side of the plugin: roles and the policies inside them. */
export class ControlledRoles {
  private readonly roles = new Map<string, Role>();

  put(role: DeclaredRole): void {
    this.roles.set(role.name, { ...role, policies: this.roles.get(role.name)?.policies ?? new Map() });
  }

  delete(name: string): void {
    if ((this.roles.get(name)?.policies.size ?? 0) > 0)
      throw new Error(`DeleteConflict: Cannot delete entity, must delete policies of ${name} first.`);
    this.roles.delete(name);
  }

  putPolicy(role: string, name: string, document: string): void {
    this.named(role).policies.set(name, JSON.parse(document) as object);
  }

  deletePolicy(role: string, name: string): void {
    this.named(role).policies.delete(name);
  }

  of(arn: string): { trusts(service: string): boolean } {
    const role = [...this.roles.values()].find((one) => one.arn === arn);
    const { Statement } = JSON.parse(role?.trust ?? `{"Statement":[]}`) as { Statement: unknown };
    const statements = asList(Statement) as { Effect: string; Principal: { Service?: unknown } }[];
    return {
      trusts: (service) =>
        statements.some(({ Effect, Principal }) => Effect === "Allow" && asList(Principal.Service).includes(service)),
    };
  }

  documentsOf(arn: string): object[] {
    const role = [...this.roles.values()].find((one) => one.arn === arn);
    return [...(role?.policies.values() ?? [])];
  }

  private named(name: string): Role {
    const role = this.roles.get(name);
    if (role === undefined) throw new Error(`NoSuchEntity: The role with name ${name} cannot be found.`);
    return role;
  }
}
