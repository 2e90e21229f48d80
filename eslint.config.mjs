import js from "@eslint/js";
import tseslint from "typescript-eslint";

const forbid = (...patterns) => ({
  "no-restricted-imports": [
    "error",
    {
      patterns: patterns.map((group) => ({
        group: [group],
        message: "Direction of imports: see docs/architecture.md.",
      })),
    },
  ],
});

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "coverage/**"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: {
        require: "readonly",
        module: "writable",
        process: "readonly",
        console: "readonly",
        __dirname: "readonly",
        Buffer: "readonly",
        setTimeout: "readonly",
      },
    },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  // The planner and the model are pure: nothing of the project is imported into them.
  {
    files: ["provisioner/access/**/*.ts"],
    rules: forbid(
      "../engines/*",
      "../ledger/*",
      "../credentials/*",
      "../audit/*",
      "../protocol/*",
      "../../components/*",
      "../../local/*",
      "../../automation/*",
    ),
  },
  // What a Pulumi program imports never carries a driver or SQL.
  {
    files: ["components/**/*.ts"],
    rules: forbid(
      "**/provisioner/engines/**",
      "**/provisioner/credentials/**",
      "**/provisioner/ledger/**",
      "**/automation/**",
      "**/local/**",
    ),
  },
  {
    files: ["provisioner/**/*.ts"],
    ignores: ["provisioner/access/**"],
    rules: forbid("**/components/**", "**/automation/**", "**/local/**"),
  },
  { files: ["local/**/*.ts"], rules: forbid("**/automation/**", "**/provisioner/engines/**") },
);
