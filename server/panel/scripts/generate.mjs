/**
 * Writes src/api/schema.d.ts from the server's own OpenAPI document; with --check it only compares and fails on drift.
 *
 * LOCKSTEP_PYTHON names the interpreter with the server's requirements (default: the repository's .venv).
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const panel = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const root = resolve(panel, "../..");
const target = resolve(panel, "src/api/schema.d.ts");
const python = process.env.LOCKSTEP_PYTHON ?? resolve(root, ".venv/bin/python");
const banner = "/* Generated from the server's OpenAPI document by `npm run generate`. Do not edit. */\n\n";

const document = execFileSync(python, ["-m", "server", "openapi"], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
const written = banner + astToString(await openapi(JSON.parse(document.toString()), { alphabetize: true }));

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== written) {
    console.error("src/api/schema.d.ts is not what the server says any more: run `npm run generate` and commit it.");
    process.exit(1);
  }
} else {
  writeFileSync(target, written);
}
