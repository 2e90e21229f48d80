export { UnknownPolicyElement, type Context } from "./conditions";
export { platformRequests } from "./platform";
export { evaluate, readIdentityPolicy, type AccessRequest, type Decision, type IdentityPolicy } from "./policy";
export { accessRequests } from "./requests";
export { Roles, type AccessCheck } from "./roles";
