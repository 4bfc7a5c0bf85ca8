// Questions about money in words.
import type { QuestionAbout } from "../../api";

export const ABOUT: [QuestionAbout, string][] = [
  ["wrong_amount", "The amount is wrong"],
  ["wrong_plan", "The plan is wrong"],
  ["wrong_person", "It is somebody else’s"],
  ["missing_line", "A line is missing for this claim"],
  ["other", "Something else"],
];
const MISSING = "A claim is missing";
export const aboutWords = (about: QuestionAbout) =>
  about === "missing_claim" ? MISSING : (ABOUT.find(([id]) => id === about)?.[1] ?? about);
