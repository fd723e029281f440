#!/usr/bin/env node
import { main } from "../dist/cli/main.js";

process.exitCode = await main(process.argv.slice(2));
process.exit(); // a timer that a user's optimizer left must not keep the process
