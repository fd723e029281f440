#!/usr/bin/env node
import { main } from "../dist/cli/main.js";

process.exitCode = await main(process.argv.slice(2));
// A timer that a user's optimizer left must not keep the process; what is printed goes out first.
const written = (stream) => new Promise((resolve) => stream.write("", resolve));
await Promise.all([process.stdout, process.stderr].map(written));
process.exit();
