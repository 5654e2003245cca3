/** Style of the panel; warnings count as errors (see the script `lint`). */
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "max-lines": ["error", 300],
      "no-restricted-globals": ["error", { name: "fetch", message: "Only src/api/client.ts talks to the server." }],
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers in sentences are fine.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Arrow handlers read better in one line: onClick={() => setOpen(true)}.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  { files: ["src/api/client.ts"], rules: { "no-restricted-globals": "off" } },
  { files: ["*.mjs", "scripts/*.mjs"], languageOptions: { globals: { process: "readonly", console: "readonly" } } },
);
