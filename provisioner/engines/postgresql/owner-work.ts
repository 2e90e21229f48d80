import { DbAccessError } from "../../errors";
import type { Facts } from "./facts";
import { identifier } from "./quote";
import type { HeldMembership, RoleFacts } from "./resolve";
import { plainStatement, type Statement } from "./statements";

interface Needs {
  /** Its privileges, without becoming it. */
  inherit: boolean;
  /** To become it, or to give it something. */
  set: boolean;
}

/**
 * The statements of one transaction in which the login becomes a member of others' roles for as long as it has to.
 * Whatever it borrows it gives back in the same transaction, so that no crash leaves a membership behind.
 */
export class OwnerWork {
  private readonly statements: Statement[] = [];
  private readonly borrowed = new Map<string, Needs>();
  private acting: string | undefined;

  constructor(
    private readonly facts: Facts,
    private readonly roles: ReadonlyMap<string, RoleFacts>,
    /** The login has proved itself by a token: being a member of an IAM user changes nothing for it. */
    private readonly adminUsesIam: boolean,
  ) {}

  /** As the provisioner's own login. */
  add(...statements: Statement[]): void {
    this.become(undefined);
    this.statements.push(...statements);
  }

  /** As `role`, usually the owner of what the statements are about. */
  addAs(role: string, statements: readonly Statement[]): void {
    if (statements.length === 0) return;
    if (role === this.facts.admin.name) return this.add(...statements);
    this.borrow(role, { inherit: false, set: true });
    this.become(role);
    this.statements.push(...statements);
  }

  /** As itself, but with the privileges of `role`. */
  inheritFrom(role: string): void {
    this.borrow(role, { inherit: true, set: false });
  }

  /** So that something can be given to `role`. */
  giveTo(role: string): void {
    this.borrow(role, { inherit: false, set: true });
  }

  /** All statements, with everything given back. */
  finish(): Statement[] {
    this.become(undefined);
    const returns = [...this.borrowed.keys()].reverse().map((role) => this.giveBack(role));
    return [...this.statements, ...returns];
  }

  private become(role: string | undefined): void {
    if (this.acting === role) return;
    this.statements.push(plainStatement(role === undefined ? "RESET ROLE" : `SET LOCAL ROLE ${identifier(role)}`));
    this.acting = role;
  }

  private borrow(role: string, needs: Needs): void {
    if (role === this.facts.admin.name) return;
    const known = this.roles.get(role);
    const held = this.borrowed.get(role);
    const inherit = needs.inherit && known?.inherits !== true && held?.inherit !== true;
    const set = needs.set && known?.canSet !== true && held?.set !== true;
    if (!inherit && !set) return;
    this.assertBorrowable(role, known);
    const before = held ?? this.membershipBefore(role);
    const next = { inherit: needs.inherit || (before?.inherit ?? false), set: needs.set || (before?.set ?? false) };
    this.add(plainStatement(this.borrowText(role, next)));
    this.borrowed.set(role, next);
  }

  private borrowText(role: string, { inherit, set }: Needs): string {
    const head = `GRANT ${identifier(role)} TO CURRENT_USER`;
    if (!this.facts.memberOptions) return head;
    return `${head} WITH INHERIT ${inherit ? "TRUE" : "FALSE"}, SET ${set ? "TRUE" : "FALSE"} GRANTED BY ${identifier(this.grantor(role))}`;
  }

  /** A membership by the same grantor that was there before is put back as it was. */
  private giveBack(role: string): Statement {
    const before = this.membershipBefore(role);
    if (before !== undefined) return plainStatement(this.borrowText(role, before));
    const grantedBy = this.facts.memberOptions ? ` GRANTED BY ${identifier(this.grantor(role))}` : "";
    return plainStatement(`REVOKE ${identifier(role)} FROM CURRENT_USER${grantedBy}`);
  }

  /** Until 15 a role that has to be borrowed is one the login is no member of. */
  private membershipBefore(role: string): HeldMembership | undefined {
    return this.facts.memberOptions
      ? this.roles.get(role)?.held.find(({ grantor }) => grantor === this.grantor(role))
      : undefined;
  }

  /** A role that is created in this very transaction is administered by its creator. */
  private grantor(role: string): string {
    return this.roles.get(role)?.adminThrough ?? this.facts.admin.name;
  }

  private assertBorrowable(role: string, known: RoleFacts | undefined): void {
    const obstacle = obstacleTo(role, known, this.facts, this.adminUsesIam);
    if (obstacle !== undefined) throw obstacle;
  }
}

/** Why the login cannot become a member of a role, not even for a transaction; undefined when it can. */
export function obstacleTo(
  role: string,
  known: RoleFacts | undefined,
  facts: Facts,
  adminUsesIam: boolean,
): DbAccessError | undefined {
  if (known === undefined) return undefined;
  if (known.superuser)
    return new DbAccessError(
      "NotAuthorized",
      `${role} is a superuser; the provisioner's login cannot act for it. Give what it owns to another role.`,
    );
  if (known.iam && !adminUsesIam)
    return new DbAccessError(
      "OwnerIsIamUser",
      `${role} is an IAM user; a provisioner that logs in with a password would lock itself out by acting for it. Give what it owns to a role that cannot log in.`,
    );
  const administrable = facts.memberOptions ? known.adminThrough !== null : facts.adminCreatesRoles;
  if (administrable) return undefined;
  return new DbAccessError(
    "NotAuthorized",
    `The provisioner's login ${facts.admin.name} cannot act for ${role}: grant it that role with ADMIN OPTION.`,
  );
}
