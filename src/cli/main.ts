#!/usr/bin/env node
import { createToolbox } from './create-toolbox.ts';
import { processIo } from './io.ts';
import { runCli } from './program.ts';

const io = processIo();
await io.finish(await runCli(io.argv.slice(2), io, createToolbox()));
