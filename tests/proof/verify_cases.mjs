// Answers cases, one JSON object a line, with `yes` or `no <fault>`: node verify_cases.mjs FILE.

import { readFileSync } from "node:fs";
import { verify } from "../../web/proof/verify.mjs";

const [, , file] = process.argv;
for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  const { bundle, key, witnesses, audio, other } = JSON.parse(line);
  const given = { log: key, witnesses, audio, otherCheckpoint: other };
  const answer = verify(Buffer.from(bundle, "base64"), given);
  console.log(answer.ok ? "yes" : `no ${answer.fault}`);
}
