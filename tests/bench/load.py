#!/usr/bin/env python3
"""Writes a capture of N overlapping G.711 calls: INVITE, 200, ACK, both directions of RTP, BYE. They end at once; of the last
ones, if so many are asked for, the phone system says that they are claimed.

    tests/bench/load.py CALLS SECONDS FILE [CLAIMED]
"""
import random, socket, struct, sys

CALLS, SECONDS, PATH = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
CLAIMED = int(sys.argv[4]) if len(sys.argv) > 4 else 0
START = 1_790_000_000
rng = random.Random(711)


def ip(text):
    return socket.inet_aton(text)


def frame(src, dst, payload):
    (src_ip, src_port), (dst_ip, dst_port) = src, dst
    udp = struct.pack("!HHHH", src_port, dst_port, 8 + len(payload), 0)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, src_ip, dst_ip)
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + head + udp + payload


def sip(first, call, cseq, body="", more=()):
    lines = [first, f"Via: SIP/2.0/UDP 10.9.0.1;branch=z9hG4bK{call}{cseq[0]}", f"From: <sip:{200 + call % 50}@10.9.0.1>;tag=a{call}",
             f"To: <sip:+49405{call:06}@10.9.0.2>" + (";tag=b" if "INVITE " not in first else ""), f"Call-ID: load-{call}@bench", f"CSeq: {cseq}", *more]
    if body:
        lines.append("Content-Type: application/sdp")
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])).encode()


def sdp(address, port):
    return f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"


def main():
    a, b = (ip("10.9.0.1"), 5060), (ip("10.9.0.2"), 5060)
    # Noise of speech's shape would decode at the same cost; random bytes are quickest to make.
    voice = [bytes(rng.getrandbits(8) for _ in range(160)) for _ in range(64)]
    with open(PATH, "wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

        def write(at_us, data):
            out.write(struct.pack("<IIII", START + at_us // 1_000_000, at_us % 1_000_000, len(data), len(data)) + data)

        offset = [rng.randrange(20_000) for _ in range(CALLS)]
        legs = [((ip("10.9.0.1"), 10_000 + 2 * c), (ip("10.9.0.2"), 10_000 + 2 * c)) for c in range(CALLS)]
        order = sorted(range(CALLS), key=offset.__getitem__)
        # Each is answered at once: a host with hundreds of unanswered attempts is a scanner.
        for c in order:
            write(offset[c], frame(a, b, sip(f"INVITE sip:+49405{c:06}@10.9.0.2 SIP/2.0", c, "1 INVITE", sdp("10.9.0.1", legs[c][0][1]))))
            write(offset[c] + 1, frame(b, a, sip("SIP/2.0 200 OK", c, "1 INVITE", sdp("10.9.0.2", legs[c][1][1]))))
        for n in range(SECONDS * 50):
            for c in order:
                at = 60_000 + n * 20_000 + offset[c]
                for lane, (src, dst) in enumerate((legs[c], legs[c][::-1])):
                    rtp = struct.pack("!BBHII", 0x80, 8, n & 0xFFFF, 160 * n, 2 * c + lane) + voice[(n + c + lane) & 63]
                    write(at + lane, frame(src, dst, rtp))
        for c in order:
            claimed = ["X-Disposition: qualified"] if c in order[CALLS - CLAIMED :] else []
            write(60_000 + SECONDS * 1_000_000 + offset[c], frame(a, b, sip("BYE sip:x@10.9.0.2 SIP/2.0", c, "2 BYE", more=claimed)))


main()
