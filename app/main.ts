#!/usr/bin/env node
import 'reflect-metadata';
import { exitCodeOf } from './exit';
import { createProgram } from './program';

void createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodeOf(error);
  });
