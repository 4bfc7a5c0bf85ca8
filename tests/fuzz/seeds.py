#!/usr/bin/env python3
"""Makes the first inputs of the fuzz targets from the project's own calls; what the fuzzer finds is added beside them."""
import glob, gzip, os, struct

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = os.path.join(HERE, "../fixtures/calls")


def frames(name):
    data = gzip.open(f"{CALLS}/{name}/call.pcap.gz").read()
    at, out = 24, []
    while at < len(data):
        length = struct.unpack("<I", data[at + 8:at + 12])[0]
        out.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return out


def udp(frame):
    ip = frame[14:]
    return ip[28:] if ip[0] >> 4 == 4 else ip[48:]


def piece(data):
    return struct.pack(">H", len(data)) + data


def write(target, name, data):
    os.makedirs(f"{HERE}/corpus/{target}", exist_ok=True)
    with open(f"{HERE}/corpus/{target}/{name}", "wb") as f:
        f.write(data)


def main():
    for name in ("hold", "ipv6", "dtmf", "busy", "cancelled"):
        all_frames = frames(name)
        some = all_frames[:12] + all_frames[-6:]
        write("frames", name, b"".join(piece(b"\0" + f) for f in some))
        messages = [m for m in map(udp, all_frames) if b"SIP/2.0" in m[:200]]
        write("sip", name, messages[0])
        write("sip", name + "-last", messages[-1])
        write("calls", name, b"".join(piece(bytes([0x10 if i % 2 else 0x01, 10]) + m) for i, m in enumerate(messages)) + b"".join(piece(bytes([0x10, 1]) + m) for m in map(udp, all_frames[8:30]) if m[:1] == b"\x80"))
        stream, at = b"", 0
        for m in messages[:4]:
            for cut in range(0, len(m), 320):
                stream += piece(bytes([0, at // 16 & 255, 0x10, 1]) + m[cut:cut + 320])
                at += 320
        write("streams", name, stream)
        bodies = [m.split(b"\r\n\r\n", 1)[1] for m in messages if b"\r\n\r\nv=0" in m]
        if bodies:
            write("sdp", name, bodies[0])
        write("rtp", name, next((m for m in map(udp, all_frames) if m[:1] == b"\x80"), b"\x80"))
    upgrade = b"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    invite = b"INVITE sip:b@x SIP/2.0\r\nCall-ID: 1\r\nl: 4\r\n\r\nbody"
    frame = b"\x81" + bytes([0x80 | len(invite)]) + b"\1\2\3\4" + bytes(b ^ (1, 2, 3, 4)[i % 4] for i, b in enumerate(invite))
    write("streams", "websocket", piece(b"\0\0\x10\0" + upgrade) + piece(bytes([0, 3, 0x10, 0]) + frame))
    write("frames", "tunnels", b"".join(piece(b"\0" + bytes(12) + t) for t in (b"\x88\x47\0\1\1\x40\x45", b"\x88\x64\x11\0\0\1\0\x10\0\x21\x45", b"\x08\0\x45\0\0\x30\0\7\0\0\x40\x2f\0\0" + bytes(8) + b"\x10\0\x88\xbe" + bytes(20))))
    write("rtp", "rtcp", bytes([0x81, 201, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 12, 0, 1, 2]) + bytes(16))
    write("cdr", "asterisk", b'"","201","040555","ctx","","a","b","Dial","x","2026-11-20 10:30:00","2026-11-20 10:30:05","2026-11-20 10:31:00",60,55,"ANSWERED","DOCUMENTATION","1.7",""\n')
    write("cdr", "plain", b"from,to,started_at,duration_seconds\n201,1,2026-11-20T09:30:00Z,60\n")
    write("cdr", "xml", b"<cdr><variables><start_epoch>1795167000</start_epoch><uuid>a%20b</uuid></variables></cdr>")
    head = b"ASSAYSPL" + struct.pack("<HHI", 1, 0, 64) + bytes(48)
    write("spool", "empty", head)
    body = b'{"id":"00000000-0000-0000-0000-000000000001"}'
    import zlib
    h = b"BLK1" + bytes([1, 0, 0, 0]) + struct.pack("<I", len(body))
    call = bytes(15) + b"\1"
    block = h + struct.pack("<I", zlib.crc32(h + call + body)) + call + body
    write("spool", "block", head + block + block)
    captures()
    answers()


def captures():
    """Files of every kind that is read: each byte order, packed or not, with a clock of its own."""
    words = lambda order, *n: struct.pack(order + "I" * len(n), *n)
    plain = words("<", 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1) + words("<", 1795167000, 7, 60, 60) + bytes(60)
    write("captures", "pcap", plain)
    write("captures", "pcap-nano-big", words(">", 0xa1b23c4d, 2 << 16 | 4, 0, 0, 262144, 1) + words(">", 1795167000, 7, 60, 60) + bytes(60))

    def block(kind, body):
        length = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + length + body + length

    section = block(0x0a0d0d0a, words("<", 0x1a2b3c4d, 1) + b"\xff" * 8)
    options = struct.pack("<HHB3x", 9, 1, 0x80 | 20) + struct.pack("<HHq", 14, 8, 5) + bytes(4)
    ng = section + block(1, words("<", 1, 262144) + options) + block(6, words("<", 0, 1795167000 >> 12, (1795167000 << 20) & 0xffffffff, 60, 60) + bytes(60))
    write("captures", "pcapng", ng)
    write("captures", "pcapng-gzip", gzip.compress(ng, mtime=0))
    raw = (len(ng) << 3 | 1).to_bytes(3, "little")
    write("captures", "pcapng-zstd", b"\x28\xb5\x2f\xfd\0\x38" + raw + ng)


def answers():
    """What workers say: sound for three packets, a greeting, a reason, samples of a recording and of a listener's packet."""
    head = lambda text: struct.pack("<I", len(text)) + text
    part = b'{"made_up":0,"len":1,"quiet":null,"refused":false}'
    write("answers", "sound", head(b'{"Ok":[' + b",".join([part] * 3) + b"]}") + bytes(6))
    write("answers", "greeting", head(b'{"Ok":null}'))
    write("answers", "reason", head(b'{"Err":{"failed":"it ended"}}'))
    about = b'{"Ok":{"sample_rate":8000,"codec":"flac","cut_short":false}}'
    write("answers", "recording", struct.pack("<IB", 2, 2) + bytes(8) + bytes(5) + head(about))
    write("answers", "listener", struct.pack("<I", 2) + bytes(4))


main()
