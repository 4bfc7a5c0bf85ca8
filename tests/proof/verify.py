#!/usr/bin/env python3
"""Verifies bundles by the format's description alone: Python's standard library, nothing else.

verify.py --key KEY [--witness KEY]... [--audio HEX]... [--checkpoint FILE] BUNDLE
verify.py --cases FILE    one JSON object a line; prints `yes` or `no <fault>` for each
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from datetime import datetime

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)
MAX_INT = 2**53 - 1
MAX_AMOUNT = 10**13
KINDS = (
    "ledger_entry verdict claim recording checklist_version plan plan_ack ruling period_act "
    "second_review claim_words log_line"
).split()
ERASABLE = "verdict claim recording second_review claim_words log_line".split()
SPACES = {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, *range(0x2000, 0x200B)}


class Broken(Exception):
    """The first thing that does not hold."""

    def __init__(self, fault, why):
        super().__init__(f"{fault}: {why}")
        self.fault = fault


def need(holds, fault, why):
    if not holds:
        raise Broken(fault, why)


# Ed25519, RFC 8032 section 5.1, in extended coordinates (section 5.1.4).


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * I % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def double(p):
    a, b = p[0] * p[0] % P, p[1] * p[1] % P
    c, h = 2 * p[2] * p[2] % P, a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = c + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


NEUTRAL = (0, 1, 1, 0)
BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def sum_of(s, p, k, q):
    """[s]p + [k]q"""
    table = (None, p, q, add(p, q))
    result = NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        result = double(result)
        term = table[(s >> bit & 1) | (k >> bit & 1) << 1]
        if term:
            result = add(result, term)
    return result


def encode(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_small(p):
    p = double(double(double(p)))
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def has_signed(key, message, signature):
    if len(signature) != 64:
        return False
    a = point(key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if a is None or s >= L or is_small(a):
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], 1, P - a[3])
    found = sum_of(s, BASE, k, minus_a)
    return encode(found) == r and not is_small(found)


# JSON with one reading, and its canonical spelling.


def integer(text):
    if not re.fullmatch(r"-?[0-9]{1,16}", text) or text == "-0" or abs(int(text)) > MAX_INT:
        raise ValueError(f"{text} is no integer of the format")
    return int(text)


def refuse(text):
    raise ValueError(f"{text} is no integer")


def members_once(pairs):
    result = {}
    for key, value in pairs:
        if not re.fullmatch(r"[ !#-\[\]-~]{1,64}", key) or key in result:
            raise ValueError(f"the key {key!r}")
        result[key] = value
    return result


def depth(value):
    if isinstance(value, (list, dict)):
        inside = value.values() if isinstance(value, dict) else value
        return 1 + max((depth(v) for v in inside), default=0)
    if isinstance(value, str):
        value.encode("utf-8")
    return 0


def read_json(data):
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=members_once,
            parse_int=integer,
            parse_float=refuse,
            parse_constant=refuse,
        )
        if depth(value) > 32:
            raise ValueError("nested too deep")
        return value
    except (ValueError, RecursionError) as error:
        raise Broken("json", str(error)) from error


def canonical(value):
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


# The tree, RFC 9162 section 2.1.3.2 and 2.1.4.2.


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node(left, right):
    return sha256(b"\x01", left, right)


def is_included(leaf, index, size, root, proof):
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def is_consistent(old, new, proof):
    (first, first_root), (second, second_root) = old, new
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    if not proof:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


# Keys, notes and checkpoints.


def from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_name(name):
    return bool(name) and not any(
        ord(c) <= 0x20 or c == "+" or ord(c) in SPACES for c in name
    )


class Key:
    def __init__(self, text):
        self.text = text
        self.name, self.id, key = [*text.split("+", 2), "", ""][:3]
        key = from_base64(key) or b"\0"
        self.kind, self.key = key[0], key[1:]
        expected = sha256(self.name.encode(), b"\n", key)[:4].hex()
        if len(key) != 33 or expected != self.id or not is_name(self.name):
            sys.exit(f"this is no verifier key: {text}")


def read_note(note, fault):
    data = note.encode("utf-8")
    need(len(data) <= 65536, fault, "the note is too long")
    need(not any(ord(c) < 0x20 and c != "\n" for c in note), fault, "a control character")
    at = note.rfind("\n\n")
    need(at >= 0 and note.endswith("\n") and at + 2 < len(note), fault, "is no note")
    lines = note[at + 2 : -1].split("\n")
    need(len(lines) <= 64, fault, "too many signatures")
    signatures = []
    for line in lines:
        parts = line[2:].split(" ", 1)
        need(line.startswith("— ") and len(parts) == 2, fault, "a signature line")
        data = from_base64(parts[1])
        need(data is not None and len(data) > 4 and is_name(parts[0]), fault, "a signature line")
        signatures.append((parts[0], data[:4].hex(), data[4:]))
    return note[: at + 1], signatures


def decimal(text):
    return int(text) if re.fullmatch(r"0|[1-9][0-9]{0,19}", text) else None


def open_checkpoint(note, log, fault):
    text, signatures = read_note(note, fault)
    lines = text[:-1].split("\n")
    need(len(lines) >= 3 and all(lines), fault, "is no checkpoint")
    size, root = decimal(lines[1]), from_base64(lines[2])
    need(size is not None and size < 2**64, fault, "is no checkpoint")
    need(root is not None and len(root) == 32, fault, "is no checkpoint")
    need(lines[0] == log.name, fault, "is of another log")
    own = [s for name, key, s in signatures if (name, key) == (log.name, log.id)]
    need(log.kind == 1 and own, fault, "is not signed by the log")
    for signature in own:
        need(has_signed(log.key, text.encode(), signature), fault, "the signature does not hold")
    return (size, root), text, signatures


def check_witness(text, signatures, witness):
    need(witness.kind == 4, "checkpoint", "a witness's key is not of that kind")
    for name, key, signature in signatures:
        if (name, key) == (witness.name, witness.id):
            at = int.from_bytes(signature[:8], "big")
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            holds = at < 2**63 and has_signed(witness.key, message, signature[8:])
            need(holds, "checkpoint", "a cosignature does not hold")


# Time stamps, RFC 3161: the way through the DER, as section 2 has it.

SEQUENCE, OID, INTEGER, OCTETS, SET, NULL, TIME, WRAPPED = 48, 6, 2, 4, 49, 5, 24, 160
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
SHA_256 = bytes.fromhex("608648016503040201")


class Elements:
    def __init__(self, data):
        self.data = data

    def take(self, tag):
        data = self.data
        need(len(data) >= 2 and data[0] == tag, "stamp", "another element")
        length, at = data[1], 2
        if length >= 0x80:
            more = length - 0x80
            need(1 <= more <= 3 and len(data) >= 2 + more, "stamp", "a length")
            length, at = int.from_bytes(data[2 : 2 + more], "big"), 2 + more
            need(data[2] != 0 and length > 0x7F, "stamp", "a length is not in the fewest bytes")
        need(len(data) >= at + length, "stamp", "is cut short")
        self.data = data[at + length :]
        return data[at : at + length]

    def inside(self, tag):
        return Elements(self.take(tag))

    def last(self, tag):
        inside = self.inside(tag)
        need(not self.data, "stamp", "something follows")
        return inside


def check_stamp(data, root):
    need(len(data) <= 65536, "stamp", "is too long")
    answer = Elements(data).last(SEQUENCE)
    need(answer.inside(SEQUENCE).take(INTEGER) in (b"\0", b"\1"), "stamp", "is not granted")
    token = answer.last(SEQUENCE)
    need(token.take(OID) == SIGNED_DATA, "stamp", "is no token")
    signed = token.last(WRAPPED).last(SEQUENCE)
    signed.take(INTEGER)
    signed.take(SET)
    content = signed.inside(SEQUENCE)
    need(content.take(OID) == TST_INFO, "stamp", "is no token")
    info = content.last(WRAPPED).last(OCTETS).last(SEQUENCE)
    need(info.take(INTEGER) == b"\1", "stamp", "is of another version")
    info.take(OID)
    imprint = info.inside(SEQUENCE)
    algorithm = imprint.inside(SEQUENCE)
    need(algorithm.take(OID) == SHA_256, "stamp", "is of another algorithm")
    if algorithm.data:
        need(not algorithm.last(NULL).data, "stamp", "the algorithm has parameters")
    hashed = imprint.last(OCTETS).data
    need(len(hashed) == 32, "stamp", "the imprint is no hash")
    info.take(INTEGER)
    need(is_moment(info.take(TIME)), "stamp", "its time")
    need(hashed == root, "stamp", "the time stamp is of another root")


def is_moment(data):
    found = re.fullmatch(rb"([0-9]{14})(\.[0-9]*[1-9])?Z", data)
    try:
        moment = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S") if found else None
    except ValueError:
        return False
    return moment is not None and moment.year >= 1970 and found[1][12:] <= b"59"


# The document.


def frame(value, required, optional=()):
    need(isinstance(value, dict), "frame", "is no object")
    for key in required:
        need(key in value, "frame", f"has no {key}")
    for key in value:
        need(key in required or key in optional, "frame", f"has the unknown {key}")


def is_text(value):
    return isinstance(value, str)


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_hash(value):
    return is_text(value) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_list(value, limit):
    return isinstance(value, list) and len(value) <= limit


def is_proof(value):
    return is_list(value, 64) and all(is_hash(v) for v in value)


def is_subject(value):
    return is_text(value) and 1 <= len(value.encode()) <= 256


def is_file(name):
    return (
        is_text(name)
        and 1 <= len(name.encode()) <= 255
        and not name.startswith(".")
        and not any(c in "/\\:" or ord(c) < 0x20 for c in name)
    )


def check_frame(bundle):
    frame(bundle, ("format", "version", "log", "entry", "items", "checkpoints", "audio"))
    version = bundle["version"]
    need(bundle["format"] == "assay-bundle", "frame", "is of another format")
    need(is_int(version) and version == 1, "frame", "is of another version")
    need(is_text(bundle["log"]) and is_text(bundle["entry"]), "frame", "log and entry are texts")
    for key, limit in (("items", 1000), ("checkpoints", 64), ("audio", 64)):
        need(is_list(bundle[key], limit), "frame", f"{key} is no list, or too long")
    for item in bundle["items"]:
        frame_item(item)
    need(len(bundle["checkpoints"]) > 0, "frame", "there is no checkpoint")
    for step in bundle["checkpoints"]:
        frame(step, ("note", "proof"), ("stamp",))
        need(is_text(step["note"]) and is_proof(step["proof"]), "frame", "a checkpoint")
        if "stamp" in step:
            stamp = from_base64(step["stamp"]) if is_text(step["stamp"]) else None
            need(stamp and len(stamp) <= 65536, "frame", "a stamp")
    for audio in bundle["audio"]:
        frame(audio, ("recording", "sha256"), ("file",))
        need(is_text(audio["recording"]) and is_hash(audio["sha256"]), "frame", "a sound")
        need("file" not in audio or is_file(audio["file"]), "frame", "a sound's file")
    names = [(item["kind"], item["subject"]) for item in bundle["items"]]
    leaves = [item["leaf"] for item in bundle["items"]]
    sounds = [audio["recording"] for audio in bundle["audio"]]
    for list_ in (names, leaves, sounds):
        need(len(set(list_)) == len(list_), "frame", "something comes twice")


def frame_item(item):
    common = ("kind", "subject", "leaf", "commitment", "proof")
    if isinstance(item, dict) and "erased" in item:
        frame(item, (*common, "erased"))
        need(item["erased"] is True and item["kind"] in ERASABLE, "frame", "erased")
    else:
        frame(item, (*common, "salt", "content"))
        content = item["content"]
        need(is_hash(item["salt"]) and isinstance(content, dict), "frame", "salt and content")
        for key in ("kind", "subject"):
            need(content.get(key) == item[key], "frame", f"the content's {key}")
    need(is_text(item["kind"]) and item["kind"] in KINDS, "frame", "the kind")
    need(is_subject(item["subject"]), "frame", "the subject")
    need(is_int(item["leaf"]) and item["leaf"] >= 0, "frame", "the leaf")
    need(is_hash(item["commitment"]) and is_proof(item["proof"]), "frame", "the commitment")


# The tables of sections 5 and 6.

TAKES_BACK = ("entry_kind", ("reversal", "correction"))
RULED = ("reason", ("duplicate", "fraud"))
DUPLICATE = ("ruling_kind", ("duplicate",))
OVERTURNED = ("reason", ("overturned",))

LINKS = [
    ("ledger_entry", "", "claim", "claim", True),
    ("ledger_entry", "", "verdict", "verdict", True),
    ("ledger_entry", "", "checklist_version", "checklist_version", True),
    ("ledger_entry", "", "plan", "plan", True),
    ("ledger_entry", "", "corrects", "ledger_entry", TAKES_BACK),
    ("ledger_entry", "", "ruling", "ruling", RULED),
    ("ledger_entry", "", "second_review", "second_review", OVERTURNED),
    ("verdict", "", "claim", "claim", True),
    ("verdict", "", "checklist_version", "checklist_version", True),
    ("verdict", "recordings[]", "recording", "recording", True),
    ("verdict", "answers[].clips[]", "recording", "recording", True),
    ("claim", "", "plan", "plan", False),
    ("claim", "", "checklist_version", "checklist_version", False),
    ("claim", "recordings[]", "recording", "recording", True),
    ("plan_ack", "", "plan", "plan", True),
    ("ruling", "", "claim", "claim", True),
    ("ruling", "", "same_as", "claim", DUPLICATE),
    ("second_review", "", "claim", "claim", False),
    ("second_review", "", "verdict", "verdict", False),
    ("second_review", "recordings[]", "recording", "recording", True),
    ("second_review", "answers[].clips[]", "recording", "recording", True),
]

# A way (kind, list, link, the link's kind), and below it its rows: our field, the comparison, their
# field, and `perhaps` where either may be missing.
AGREEMENTS_TEXT = """
ledger_entry - claim claim
    lead same lead
    campaign same campaign
    plan same plan perhaps
    checklist_version same checklist_version perhaps
    booked_at at_least made_at
ledger_entry - verdict verdict
    claim same claim
    checklist_version same checklist_version
    payee other reviewer
    booked_at at_least committed_at
ledger_entry - plan plan
    campaign same campaign
    currency same currency
    plan_version same version perhaps
    booked_at at_least approved_at
ledger_entry - corrects ledger_entry
    payee same payee
    lead same lead
    campaign same campaign
    claim same claim
    currency same currency
    booked_at at_least booked_at
ledger_entry - ruling ruling
    claim same claim
    reason same ruling_kind
    booked_at at_least ruled_at
ledger_entry - second_review second_review
    claim same claim
    booked_at at_least decided_at perhaps
verdict - claim claim
    reviewer other claimant
    checklist_version same checklist_version perhaps
    committed_at at_least made_at
verdict - checklist_version checklist_version
    checklist_sha256 same sha256
verdict recordings[] recording recording
    sha256 same sha256
verdict answers[].clips[] recording recording
    to_ms at_most duration_ms
claim - plan plan
    campaign same campaign perhaps
plan_ack - plan plan
    at at_least approved_at
ruling - claim claim
    lead same lead perhaps
second_review - claim claim
    reviewer other claimant
second_review - verdict verdict
    reviewer other reviewer
second_review recordings[] recording recording
    sha256 same sha256
second_review answers[].clips[] recording recording
    to_ms at_most duration_ms
"""


def read_agreements():
    rows, way = [], []
    for line in AGREEMENTS_TEXT.strip().splitlines():
        words = line.split()
        if line.startswith(" "):
            both = "perhaps" if len(words) == 4 else "both"
            rows.append([*way, *words[:3], both])
        else:
            way = words
    return rows


AGREEMENTS = read_agreements()


def objects(value, name, fault):
    """The objects of a list; none where it is not there."""
    list_ = value.get(name)
    if list_ is None:
        return []
    good = isinstance(list_, list) and all(isinstance(v, dict) for v in list_)
    need(good, fault, f"{name} is no list of objects")
    return list_


def scopes(content, each, fault):
    found = [content]
    for part in each.split("."):
        if part not in ("", "-"):
            found = [v for value in found for v in objects(value, part[:-2], fault)]
    return found


def text(value, name):
    found = value.get(name)
    return found if is_text(found) else None


def number(value, name):
    found = value.get(name)
    return found if is_int(found) else None


def same(a, b):
    return canonical(a) == canonical(b)


class Bundle:
    def __init__(self, value):
        self.value = value
        self.items = {(item["kind"], item["subject"]): item for item in value["items"]}
        self.opened = [item for item in value["items"] if "content" in item]

    def target(self, content, name, kind):
        """The item that a field names, or None."""
        return self.items.get((kind, text(content, name)))

    def follow(self, content, name, kind):
        """The content of the item that a field names; None if it is not here, or erased."""
        return (self.target(content, name, kind) or {}).get("content")

    def check_links(self):
        entry = self.items.get(("ledger_entry", self.value["entry"]))
        need(entry, "link", "the entry is not here")
        for item in self.opened:
            for link in LINKS:
                if link[0] == item["kind"]:
                    self.check_link(item["content"], *link[1:])

    def check_link(self, content, each, name, to, needed):
        if isinstance(needed, tuple):
            needed = text(content, needed[0]) in needed[1]
        for scope in scopes(content, each, "link"):
            value = scope.get(name)
            if value is None:
                need(not needed, "link", f"has no {name}")
                continue
            need(is_text(value) and (to, value) in self.items, "link", f"{name} leads nowhere")

    def check_agreements(self):
        for item in self.opened:
            for row in AGREEMENTS:
                if row[0] == item["kind"]:
                    self.check_agreement(item["content"], *row[1:])

    def check_agreement(self, content, each, via, to, ours, op, theirs, both):
        for scope in scopes(content, each, "agreement"):
            target = self.follow(scope, via, to)
            if target is None:
                continue
            a, b = scope.get(ours), target.get(theirs)
            if a is None or b is None:
                need(both == "perhaps", "agreement", f"{ours} or {theirs} is missing")
                continue
            holds = {
                "same": lambda: same(a, b),
                "other": lambda: not same(a, b),
                "at_least": lambda: is_int(a) and is_int(b) and a >= b,
                "at_most": lambda: is_int(a) and is_int(b) and a <= b,
            }[op]()
            need(holds, "agreement", f"{ours} and {theirs}")

    def check_rules(self):
        for item in self.opened:
            content, kind = item["content"], item["kind"]
            if kind == "ledger_entry":
                self.rules_of_entry(content)
            if kind == "verdict":
                need(objects(content, "recordings", "agreement"), "agreement", "nothing heard")
            if kind in ("verdict", "second_review"):
                rule_of_clips(content)
            if kind == "ruling" and text(content, "ruling_kind") == "fraud":
                one, other = text(content, "ruled_by"), text(content, "confirmed_by")
                need(one is not None and other is not None and one != other, "agreement", "fraud")
            body = text(content, "body")
            if kind == "checklist_version" and body is not None:
                good = text(content, "sha256") == sha256(body.encode()).hex()
                need(good, "agreement", "the checklist's hash")
            self.rule_of_rests(content)

    def rules_of_entry(self, entry):
        kind = text(entry, "entry_kind")
        need(kind in ("accrual", "reversal", "correction"), "agreement", "entry_kind")
        payee = text(entry, "payee")
        need(payee is not None, "agreement", "has no payee")
        claim = self.follow(entry, "claim", "claim")
        if claim is not None and kind != "reversal":
            steps = objects(entry, "arithmetic", "agreement")
            split = any(text(step, "what") == "split" for step in steps)
            shares = claim.get("shared_with")
            shares = isinstance(shares, list) and payee in shares
            need(text(claim, "claimant") == payee or (split and shares), "agreement", "payee")
        if kind == "accrual":
            self.rule_of_passing(entry)
        if kind != "reversal":
            self.rule_of_reading(entry, payee)
        else:
            taken = self.follow(entry, "corrects", "ledger_entry")
            good = taken is not None and text(taken, "entry_kind") == "accrual"
            need(good, "agreement", "what is reversed is no accrual")
            self.rule_of_reason(entry)

    def rule_of_passing(self, entry):
        verdict = self.follow(entry, "verdict", "verdict")
        if verdict is None or verdict.get("passed") is True:
            return
        second = self.target(entry, "second_review", "second_review")
        need(second, "agreement", "the verdict did not pass")
        passed = "content" not in second or second["content"].get("passed") is True
        need(passed, "agreement", "neither verdict nor second review passed")

    def rule_of_reason(self, entry):
        reason = text(entry, "reason")
        need(reason in ("overturned", "duplicate", "fraud"), "agreement", "the reason")
        second = self.follow(entry, "second_review", "second_review")
        if reason == "overturned" and second is not None:
            need(second.get("passed") is False, "agreement", "the second review passed")

    def rule_of_reading(self, entry, payee):
        booked = number(entry, "booked_at")
        for item in self.opened:
            ack = item["content"]
            at = number(ack, "at")
            if (
                item["kind"] == "plan_ack"
                and (text(ack, "plan"), text(ack, "payee")) == (text(entry, "plan"), payee)
                and at is not None
                and booked is not None
                and at <= booked
            ):
                return
        raise Broken("agreement", "the payee had not read the plan")

    def rule_of_rests(self, content):
        for other in objects(content, "rests_on", "agreement"):
            kind, subject = text(other, "kind"), text(other, "subject")
            need(kind in KINDS and subject is not None, "agreement", "rests_on")
            item = self.items.get((kind, subject))
            good = item is None or text(other, "commitment") == item["commitment"]
            need(good, "agreement", f"rests on another {kind} {subject}")

    def check_amounts(self):
        for item in self.opened:
            if item["kind"] == "ledger_entry":
                self.check_amount(item["content"])

    def check_amount(self, entry):
        amount = number(entry, "amount")
        need(amount is not None, "amount", "the amount is no integer")
        kind = text(entry, "entry_kind")
        corrected = self.follow(entry, "corrects", "ledger_entry") or {}
        corrected = number(corrected, "amount")
        if kind == "accrual":
            expected = self.owed(entry)
        else:
            need(corrected is not None, "amount", "the corrected entry has no amount")
            if kind == "reversal":
                need(entry.get("arithmetic") is None, "amount", "a reversal's arithmetic")
                expected = -corrected
            else:
                expected = self.owed(entry) - corrected
        need(amount == expected, "amount", f"{amount} is not {expected}")

    def owed(self, entry):
        plan = self.follow(entry, "plan", "plan")
        base = number(plan, "amount")
        need(is_amount(base), "amount", "the plan's amount")
        if entry.get("arithmetic") is None:
            return base
        steps = objects(entry, "arithmetic", "amount")
        need(1 <= len(steps) <= 16, "amount", "the number of steps")
        only(steps[0], ("what", "amount"))
        first = text(steps[0], "what") == "plan" and number(steps[0], "amount") == base
        need(first, "amount", "the first step is not the plan")
        amount = base
        for step in steps[1:]:
            what = text(step, "what")
            need(what in STEPS, "amount", "an unknown step")
            amount = STEPS[what](step, plan, amount)
            need(is_amount(amount), "amount", "beyond all amounts")
        return amount

    def check_audio(self, at_hand):
        sounds = []
        for audio in self.value["audio"]:
            item = self.items.get(("recording", audio["recording"]))
            good = item and "content" in item
            good = good and text(item["content"], "sha256") == audio["sha256"]
            need(good, "audio", "not the sound of the recording")
            sounds.append(audio["sha256"])
        need(all(hash_ in sounds for hash_ in at_hand), "audio", "not a sound of the bundle")


def rule_of_clips(content):
    heard = [text(r, "recording") for r in objects(content, "recordings", "agreement")]
    for clip in scopes(content, "answers[].clips[]", "agreement"):
        start, end = number(clip, "from_ms"), number(clip, "to_ms")
        good = start is not None and end is not None and 0 <= start < end
        need(good, "agreement", "a clip's ends")
        need(text(clip, "recording") in heard, "agreement", "a clip's recording")


# The steps of section 8.


def is_amount(value):
    return value is not None and 0 <= value <= MAX_AMOUNT


def only(step, known):
    need(all(key in known for key in step), "amount", "a step's members")


def given(step, name):
    value = step.get(name)
    if value is None:
        return 0
    need(is_int(value) and is_amount(value), "amount", f"a step's {name}")
    return value


def tier(step, plan, _amount):
    only(step, ("what", "from", "amount"))
    start, amount = given(step, "from"), given(step, "amount")
    tiers = objects(plan, "tiers", "amount")
    good = any((number(t, "from"), number(t, "amount")) == (start, amount) for t in tiers)
    need(good, "amount", "the plan has no such tier")
    return amount


def split(step, plan, amount):
    only(step, ("what", "per_mille", "rest"))
    per_mille, rest = given(step, "per_mille"), given(step, "rest")
    splits = objects(plan, "splits", "amount")
    good = per_mille <= 1000 and any(number(s, "per_mille") == per_mille for s in splits)
    need(good and rest < len(splits), "amount", "the plan has no such split")
    return amount * per_mille // 1000 + rest


def cap(step, plan, amount):
    only(step, ("what", "cap", "before"))
    most, before = given(step, "cap"), given(step, "before")
    need(number(plan, "cap") == most, "amount", "the plan has no such cap")
    return min(amount, max(most - before, 0))


STEPS = {"tier": tier, "split": split, "cap": cap}


# Section 4.


def verify(data, log, witnesses=(), audio=(), other=None):
    """Raises Broken with the first fault; gives the names of what is erased."""
    need(len(data) <= 4 * 1024 * 1024, "frame", "is too long")
    value = read_json(data)
    check_frame(value)
    need(value["log"] == log.text, "key", "is of another log")
    heads = []
    for step in value["checkpoints"]:
        head, text_, signatures = open_checkpoint(step["note"], log, "checkpoint")
        before = heads[-1] if heads else (0, b"")
        need(before[0] < head[0] <= MAX_INT, "checkpoint", "is not larger")
        for witness in witnesses:
            check_witness(text_, signatures, witness)
        proof = [bytes.fromhex(h) for h in step["proof"]]
        follows = is_consistent(before, head, proof) if heads else not proof
        need(follows, "consistency", "does not follow")
        if "stamp" in step:
            check_stamp(from_base64(step["stamp"]), head[1])
        heads.append(head)
    for item in value["items"]:
        check_item(item, *heads[-1])
    bundle = Bundle(value)
    bundle.check_links()
    bundle.check_agreements()
    bundle.check_rules()
    bundle.check_amounts()
    bundle.check_audio(audio)
    if other is not None:
        head, _, _ = open_checkpoint(other, log, "other_checkpoint")
        roots = dict(heads)
        need(head[0] in roots, "other_checkpoint", "the bundle has no proof to it")
        need(roots[head[0]] == head[1], "other_checkpoint", "the log was rewritten")
    return [f"{i['kind']} {i['subject']}" for i in value["items"] if "erased" in i]


def check_item(item, size, root):
    commitment = bytes.fromhex(item["commitment"])
    if "content" in item:
        salt = bytes.fromhex(item["salt"])
        made = sha256(b"assay/record/v1\n", salt, canonical(item["content"]))
        need(made == commitment, "commitment", f"{item['kind']} {item['subject']}")
    proof = [bytes.fromhex(h) for h in item["proof"]]
    included = is_included(sha256(b"\0", commitment), item["leaf"], size, root, proof)
    need(included, "inclusion", f"{item['kind']} {item['subject']}")


def answer(case):
    witnesses = [Key(k) for k in case["witnesses"]]
    bundle = base64.b64decode(case["bundle"])
    try:
        verify(bundle, Key(case["key"]), witnesses, case["audio"], case["other"])
        return "yes"
    except Broken as broken:
        return f"no {broken.fault}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--key")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--audio", action="append", default=[])
    parser.add_argument("--checkpoint")
    parser.add_argument("--cases")
    parser.add_argument("bundle", nargs="?")
    options = parser.parse_args()
    if options.cases:
        with open(options.cases, encoding="utf-8") as cases:
            for line in cases:
                print(answer(json.loads(line)))
        return 0
    other = None
    if options.checkpoint:
        with open(options.checkpoint, encoding="utf-8", newline="") as file:
            other = file.read()
    with open(options.bundle, "rb") as file:
        data = file.read()
    try:
        witnesses = [Key(k) for k in options.witness]
        erased = verify(data, Key(options.key), witnesses, options.audio, other)
    except Broken as broken:
        print(f"no: {broken}")
        return 1
    print("yes" + "".join(f"; erased: {name}" for name in erased))
    return 0


if __name__ == "__main__":
    sys.exit(main())
