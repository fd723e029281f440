import { InvalidArgumentError } from "commander";

/** Parsers of option values; ranges are the configuration's business. */

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

export function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber);
}

export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}

export function collectNumber(text: string, earlier: number[] = []): number[] {
  return [...earlier, parseNumber(text)];
}
