import type { Facts } from "./facts";
import { textArray } from "./literals";

/** SQL for what the login may pass on of each parameter, as the server's own check has it; NULL on older versions. */
export const grantableParameters = ({ parameterAcls }: Facts, names: readonly string[]): string =>
  parameterAcls
    ? `(SELECT coalesce(json_agg(json_build_object('name', w.name, 'privileges', to_json(ARRAY(
        SELECT v FROM unnest(ARRAY['SET', 'ALTER SYSTEM']) v WHERE has_parameter_privilege(w.name, v || ' WITH GRANT OPTION'))))), '[]')
      FROM unnest(${textArray(names)}) AS w(name))`
    : "NULL::json";
